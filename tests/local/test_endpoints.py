"""Endpoints are processes that answer, are measured, and whose traffic is captured."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from tests.local.conftest import IMAGE, ROLE

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://data/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


def create(cloud: LocalCloud, name: str, environment: dict[str, str] | None = None, **config: Any) -> dict[str, Any]:
    sagemaker = cloud.client("sagemaker")
    cloud.client("s3").put_object(Bucket="data", Key=f"serve/{name}/model.onnx", Body=b"onnx")
    source = {"S3Uri": f"s3://data/serve/{name}/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {
        "Image": IMAGE,
        "ModelDataSource": {"S3DataSource": source},
        "Environment": {"EVERGREEN_MODEL_VERSION": "1.0.0", **(environment or {})},
    }
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "live", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **config)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return settle(cloud, name)


def settle(cloud: LocalCloud, name: str) -> dict[str, Any]:
    sagemaker, end = cloud.client("sagemaker"), time.monotonic() + 20
    while (found := sagemaker.describe_endpoint(EndpointName=name))["EndpointStatus"] in {"Creating", "Deleting"}:
        assert time.monotonic() < end
        time.sleep(0.02)
    return dict(found)


def invoke(cloud: LocalCloud, name: str, *rows: dict[str, Any], **more: str) -> dict[str, Any]:
    body = json.dumps({"rows": list(rows)})
    found = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body, **{"ContentType": "application/json", **more}
    )
    return dict(json.loads(found["Body"].read()))


@pytest.fixture(scope="module")
def endpoint(cloud: LocalCloud) -> str:
    assert create(cloud, "doubler", DataCaptureConfig=CAPTURE)["EndpointStatus"] == "InService"
    return "doubler"


def test_an_endpoint_answers_with_the_model_it_downloaded(cloud: LocalCloud, endpoint: str) -> None:
    answer = invoke(cloud, endpoint, {"x": 4}, {"x": 5})

    assert answer["predictions"] == [{"prediction": 8}, {"prediction": 10}]
    assert (answer["model_version"], answer["files"]) == ("1.0.0", ["model.onnx"])


@pytest.mark.parametrize("status", [400, 500])
def test_a_containers_error_is_a_model_error(cloud: LocalCloud, endpoint: str, status: int) -> None:
    with pytest.raises(ClientError) as error:
        invoke(cloud, endpoint, {"status": status})

    response = error.value.response
    assert response["Error"]["Code"] == "ModelError"
    assert (response["OriginalStatusCode"], response["ResponseMetadata"]["HTTPStatusCode"]) == (status, 424)
    assert json.loads(response["OriginalMessage"]) == {"error": "as asked"}


def test_an_unknown_endpoint_is_a_validation_error(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError) as error:
        invoke(cloud, "nobody", {"x": 1})

    assert error.value.response["Error"]["Code"] == "ValidationError"


def test_a_dead_container_is_a_model_error(cloud: LocalCloud) -> None:
    create(cloud, "mortal")

    for _ in range(2):
        with pytest.raises(ClientError) as error:
            invoke(cloud, "mortal", {"die": True})
        assert error.value.response["Error"]["Code"] == "ModelError"


def test_a_container_that_does_not_start_fails_its_endpoint_with_its_words(cloud: LocalCloud) -> None:
    failed = create(cloud, "refusing", {"REFUSE": "1"})

    assert failed["EndpointStatus"] == "Failed"
    assert "the artifact's signature does not match" in failed["FailureReason"]


def captured(cloud: LocalCloud, name: str) -> dict[str, dict[str, Any]]:
    s3 = cloud.client("s3")
    prefix = f"capture/{name}/live/{datetime.now(UTC):%Y/%m/%d}/"
    found = s3.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", [])
    texts = [s3.get_object(Bucket="data", Key=item["Key"])["Body"].read().decode() for item in found]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return {line["eventMetadata"].get("inferenceId", ""): line for line in lines}


def test_traffic_is_captured_as_sagemaker_writes_it_within_a_second(cloud: LocalCloud, endpoint: str) -> None:
    invoke(cloud, endpoint, {"x": 1}, InferenceId="request-1")
    invoke(cloud, endpoint, {"x": 2}, InferenceId="request-2", ContentType="application/octet-stream")

    time.sleep(1.3)

    lines = captured(cloud, endpoint)
    line = lines["request-1"]
    given = line["captureData"]["endpointInput"]
    assert given == {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": '{"rows": [{"x": 1}]}',
        "encoding": "JSON",
    }
    assert json.loads(line["captureData"]["endpointOutput"]["data"])["predictions"] == [{"prediction": 2}]
    assert set(line["eventMetadata"]) == {"eventId", "inferenceId", "inferenceTime"}
    assert line["eventVersion"] == "0"
    other = lines["request-2"]["captureData"]["endpointInput"]
    assert (other["encoding"], base64.b64decode(other["data"])) == ("BASE64", b'{"rows": [{"x": 2}]}')


def test_deleting_an_endpoint_writes_what_was_captured(cloud: LocalCloud) -> None:
    create(cloud, "brief", DataCaptureConfig=CAPTURE)
    invoke(cloud, "brief", {"x": 1}, InferenceId="last")

    cloud.client("sagemaker").delete_endpoint(EndpointName="brief")

    with pytest.raises(ClientError, match="Could not find"):
        settle(cloud, "brief")
    assert "last" in captured(cloud, "brief")


def test_invocations_are_measured(cloud: LocalCloud) -> None:
    create(cloud, "measured")
    for row in ({"x": 1}, {"x": 2}, {"status": 503}):
        try:
            invoke(cloud, "measured", row)
        except ClientError:
            continue

    now = datetime.now(UTC)
    dimensions = [{"Name": "EndpointName", "Value": "measured"}, {"Name": "VariantName", "Value": "live"}]
    sums = {
        name: cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=name,
            Dimensions=dimensions,
            Period=3600,
            Statistics=["Sum"],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
        )["Datapoints"][0]["Sum"]
        for name in ("Invocations", "Invocation5XXErrors", "Invocation4XXErrors", "ModelLatency")
    }
    assert (sums["Invocations"], sums["Invocation5XXErrors"], sums["Invocation4XXErrors"]) == (3, 1, 0)
    assert sums["ModelLatency"] > 100  # microseconds
