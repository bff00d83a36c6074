"""Training and processing jobs run as processes under the `/opt/ml` contract."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from tests.local.conftest import IMAGE, ROLE

FINAL = {"Completed", "Failed", "Stopped"}


def training(name: str, **changes: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{name}/in/", "S3DataDistributionType": "FullyReplicated"}
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": "s3://data/models", "CompressionType": "NONE"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def run_training(cloud: LocalCloud, name: str, **changes: Any) -> dict[str, Any]:
    cloud.client("s3").put_object(Bucket="data", Key=f"{name}/in/part/a.csv", Body=b"1,2\n")
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_training_job(**training(name, **changes))
    return wait(lambda: sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")


def wait(describe: Any, status: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while (found := describe())[status] not in FINAL:
        assert time.monotonic() < end
        time.sleep(0.05)
    return dict(found)


def read(cloud: LocalCloud, key: str) -> Any:
    return json.loads(cloud.client("s3").get_object(Bucket="data", Key=key)["Body"].read())


def test_a_training_job_stores_its_model_uncompressed(cloud: LocalCloud) -> None:
    job = run_training(cloud, "plain")

    assert job["TrainingJobStatus"] == "Completed"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://data/models/plain/output/model/"
    assert read(cloud, "models/plain/output/model/nested/more.json") == {}
    assert read(cloud, "models/plain/output/model/model.json")["files"] == ["train/part/a.csv"]


def test_a_job_sees_no_credentials(cloud: LocalCloud) -> None:
    run_training(cloud, "clean")

    assert read(cloud, "models/clean/output/model/model.json")["environment"] == []


def test_a_job_fails_with_the_reason_that_it_noted(cloud: LocalCloud) -> None:
    job = run_training(cloud, "noted", HyperParameters={"fail": "note"})

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the target has one class only, exit code: 1"


def test_a_job_that_crashes_fails_with_the_end_of_its_log(cloud: LocalCloud) -> None:
    job = run_training(cloud, "crashed", HyperParameters={"fail": "crash"})

    assert "ValueError: no such column: distance" in job["FailureReason"]


def test_a_job_that_runs_too_long_is_stopped(cloud: LocalCloud) -> None:
    limit = {"MaxRuntimeInSeconds": 1}

    job = run_training(cloud, "slow", HyperParameters={"sleep": "30"}, StoppingCondition=limit)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_job_stops_when_asked(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    cloud.client("s3").put_object(Bucket="data", Key="stopped/in/a.csv", Body=b"1")
    sagemaker.create_training_job(**training("stopped", HyperParameters={"sleep": "30"}))

    sagemaker.stop_training_job(TrainingJobName="stopped")

    job = wait(lambda: sagemaker.describe_training_job(TrainingJobName="stopped"), "TrainingJobStatus")
    assert job["TrainingJobStatus"] == "Stopped"


def test_a_job_without_data_fails_and_names_the_channel(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")

    sagemaker.create_training_job(**training("empty"))

    job = wait(lambda: sagemaker.describe_training_job(TrainingJobName="empty"), "TrainingJobStatus")
    assert job["FailureReason"].endswith("no objects at s3://data/empty/in/ (channel train)")


def test_what_a_job_prints_is_in_cloudwatch_logs(cloud: LocalCloud) -> None:
    run_training(cloud, "printing")

    found = cloud.client("logs").get_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamName="printing/algo-1"
    )
    assert [event["message"] for event in found["events"]] == ["trained"]


def test_a_compressed_model_is_refused_by_name(cloud: LocalCloud) -> None:
    output = {"S3OutputPath": "s3://data/models", "CompressionType": "GZIP"}

    with pytest.raises(ClientError, match="CompressionType must be NONE"):
        cloud.client("sagemaker").create_training_job(**training("gzip", OutputDataConfig=output))


def test_a_name_is_used_once(cloud: LocalCloud) -> None:
    run_training(cloud, "twice")

    with pytest.raises(ClientError, match="ResourceInUse"):
        cloud.client("sagemaker").create_training_job(**training("twice"))


def test_the_service_checks_names_as_aws_does(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="does not match"):
        cloud.client("sagemaker").create_training_job(**training("no_underscores"))


def test_a_processing_job_reads_a_manifest_and_a_prefix_and_stores_its_output(cloud: LocalCloud) -> None:
    s3, sagemaker = cloud.client("s3"), cloud.client("sagemaker")
    there = {"objects/aa/1": "one", "objects/bb/2": "two", "objects/cc/3": "other", "config/run.json": "{}"}
    for key, body in there.items():
        s3.put_object(Bucket="data", Key=key, Body=body.encode())
    manifest = [{"prefix": "s3://data/"}, "objects/aa/1", "objects/bb/2"]
    s3.put_object(Bucket="data", Key="v1.manifest", Body=json.dumps(manifest).encode())

    sagemaker.create_processing_job(**processing("prepare-1"))

    job = wait(lambda: sagemaker.describe_processing_job(ProcessingJobName="prepare-1"), "ProcessingJobStatus")
    assert job["ProcessingJobStatus"] == "Completed"
    assert read(cloud, "reports/prepare-1/report.json") == {
        "job": ["prepare", "--fast"],
        "files": {"config/run.json": "{}", "data/objects/aa/1": "one", "data/objects/bb/2": "two"},
        "mood": "calm",
    }


def processing(name: str) -> dict[str, Any]:
    def given(key: str, kind: str, uri: str) -> dict[str, Any]:
        place = f"/opt/ml/processing/input/{key}"
        source = {"S3Uri": uri, "LocalPath": place, "S3DataType": kind, "S3InputMode": "File"}
        return {"InputName": key, "S3Input": source}

    place = "/opt/ml/processing/output/report"
    target = {"S3Uri": f"s3://data/reports/{name}", "LocalPath": place, "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    entry = {"ImageUri": IMAGE, "ContainerEntrypoint": ["evergreen-job", "prepare"], "ContainerArguments": ["--fast"]}
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": entry,
        "Environment": {"MOOD": "calm"},
        "ProcessingResources": {"ClusterConfig": cluster},
        "ProcessingInputs": [
            given("data", "ManifestFile", "s3://data/v1.manifest"),
            given("config", "S3Prefix", "s3://data/config/"),
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "report", "S3Output": target}]},
    }
