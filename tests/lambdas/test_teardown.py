"""Tearing a deployment down: all of it, and nothing of its neighbour's."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.deployment import STACKS, Deployment
from evergreen.aws.teardown import tear_down

ROLE = "arn:aws:iam::123456789012:role/model"
OURS, NEIGHBOURS = "churn-prod-1-0-0-0a1b2c3d", "churn-prod-eu-1-0-0-0a1b2c3d"
BUCKETS = ("data", "artifacts", "access-logs")
OUTPUTS = {"DataBucket": "data", "ArtifactBucket": "artifacts", "LedgerTable": "ledger", "StateTable": "state"}


class Stacks:
    """CloudFormation, as far as a tear-down asks it: a stack goes with its buckets, if they are empty."""

    def __init__(self) -> None:
        self.names = {f"churn-prod-{part}" for part in STACKS}

    def __call__(self, model: Any, params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        name = params["body"]["StackName"]
        answer: dict[str, Any] = getattr(self, model.name)(name)
        return SimpleNamespace(status_code=200), answer

    def ListStackResources(self, name: str) -> dict[str, Any]:
        found = BUCKETS if name == "churn-prod-storage" else ()
        resources = [{"ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": bucket} for bucket in found]
        return {"StackResourceSummaries": [*resources, {"ResourceType": "AWS::KMS::Key", "PhysicalResourceId": "k"}]}

    def DeleteStack(self, name: str) -> dict[str, Any]:
        for bucket in BUCKETS if name == "churn-prod-storage" else ():
            client("s3").delete_bucket(Bucket=bucket)
        self.names.remove(name)
        return {}

    def DescribeStacks(self, name: str) -> dict[str, Any]:
        error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
        raise ClientError({"Error": error}, "DescribeStacks")


@pytest.fixture
def stacks() -> Stacks:
    return Stacks()


@pytest.fixture
def deployment(stacks: Stacks) -> Iterator[Deployment]:
    with mock_aws():
        client("cloudformation").meta.events.register("before-call", stacks)
        for bucket in BUCKETS:
            client("s3").create_bucket(Bucket=bucket)
        yield Deployment("churn", "prod", OUTPUTS)


def buckets() -> list[str]:
    return [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]


def test_every_bucket_is_emptied_before_its_stack_goes(deployment: Deployment, stacks: Stacks) -> None:
    for bucket in BUCKETS:
        client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for _ in range(2):
            client("s3").put_object(Bucket=bucket, Key="k", Body=b"b")

    done = tear_down(deployment, keep_data=False, say=lambda _: None)

    assert (buckets(), stacks.names) == ([], set())
    assert done["kept"] == []


def test_protected_data_is_kept_and_listed(deployment: Deployment, stacks: Stacks) -> None:
    client("s3").put_object(Bucket="data", Key="k", Body=b"b")

    done = tear_down(deployment, keep_data=True, say=lambda _: None)

    assert done["kept"] == ["data", "artifacts", "ledger", "state"]
    assert stacks.names == {"churn-prod-storage"}
    assert client("s3").get_object(Bucket="data", Key="k")["Body"].read() == b"b"


def test_the_endpoints_of_a_deployment_with_a_longer_name_stay(deployment: Deployment) -> None:
    sagemaker = client("sagemaker")
    for name in (OURS, NEIGHBOURS):
        variant = {"VariantName": "main", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    done = tear_down(deployment, keep_data=True, say=lambda _: None)

    assert [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]] == [NEIGHBOURS]
    assert done["removed"][:3] == [OURS] * 3
