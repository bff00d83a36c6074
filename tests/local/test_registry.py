"""The model registry numbers packages, keeps approvals, and says so on the event bus."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from tests.local.conftest import IMAGE

GROUP = "registry-test"


@pytest.fixture(scope="module")
def package(cloud: LocalCloud) -> str:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP, Tags=[{"Key": "project", "Value": "p"}])
    return str(register(cloud, "first"))


def register(cloud: LocalCloud, token: str) -> str:
    specification = {
        "Containers": [{"Image": IMAGE}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    made = cloud.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        InferenceSpecification=specification,
        ClientToken=token,
        CustomerMetadataProperties={"model_version": "1.0.0"},
    )
    return str(made["ModelPackageArn"])


def test_the_same_token_registers_once(cloud: LocalCloud, package: str) -> None:
    again, other = register(cloud, "first"), register(cloud, "second")

    assert (again, other) == (package, f"{package.rpartition('/')[0]}/2")


def test_an_approval_is_kept_and_announced(cloud: LocalCloud, package: str) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="approvals")["QueueUrl"]
    events = cloud.client("events")
    pattern = {"source": ["aws.sagemaker"], "detail": {"ModelApprovalStatus": ["Approved"]}}
    events.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:{cloud.region}:{cloud.account}:approvals"
    events.put_targets(Rule="approved", Targets=[{"Id": "queue", "Arn": arn}])

    cloud.client("sagemaker").update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")

    found = cloud.client("sagemaker").describe_model_package(ModelPackageName=package)
    assert (found["ModelApprovalStatus"], found["CustomerMetadataProperties"]) == (
        "Approved",
        {"model_version": "1.0.0"},
    )
    time.sleep(0.2)
    body = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=2)["Messages"][0]["Body"]
    assert json.loads(body)["detail"]["ModelPackageArn"] == package


def test_packages_are_listed_by_group(cloud: LocalCloud, package: str) -> None:
    found = cloud.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP)

    assert package in [summary["ModelPackageArn"] for summary in found["ModelPackageSummaryList"]]


def test_tags_are_kept(cloud: LocalCloud, package: str) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.add_tags(ResourceArn=package, Tags=[{"Key": "run", "Value": "7"}])

    assert sagemaker.list_tags(ResourceArn=package)["Tags"] == [{"Key": "run", "Value": "7"}]


def test_an_operation_that_is_not_there_is_refused_by_name(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="CreateNotebookInstanceLifecycleConfig is not available"):
        cloud.client("sagemaker").create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName="n")
