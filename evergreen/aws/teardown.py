"""Removing a deployment: what was created at run time first, then the stacks, last the emptied buckets."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from evergreen.aws.clients import client, code, translated
from evergreen.aws.deployment import STACKS, Deployment
from evergreen.errors import CloudError

_RELEASED = r"-\d+-\d+-\d+-[0-9a-f]{8}"  # what `endpoint_name` adds to a deployment's name


def tear_down(deployment: Deployment, *, keep_data: bool, say: Callable[[str], None]) -> dict[str, list[str]]:
    """Remove endpoints, stacks and, unless `keep_data`, the data. Returns what was removed and what was kept."""
    removed = [*_endpoints(deployment.name, say), *_packages(deployment, say)]
    for part in reversed(STACKS):
        stack = f"{deployment.name}-{part}"
        if part == "storage" and keep_data:
            continue
        if part == "storage":  # last: captures and access logs arrive until then
            _empty_buckets(stack, say)
        say(f"deleting the stack {stack}")
        _delete_stack(stack)
        removed.append(stack)
    data = ("DataBucket", "ArtifactBucket", "LedgerTable", "StateTable")
    return {"removed": removed, "kept": [deployment[output] for output in data] if keep_data else []}


def _endpoints(prefix: str, say: Callable[[str], None]) -> list[str]:
    sagemaker = client("sagemaker")
    removed = []
    for list_, key, delete, name_key in (
        ("list_endpoints", "Endpoints", "delete_endpoint", "EndpointName"),
        ("list_endpoint_configs", "EndpointConfigs", "delete_endpoint_config", "EndpointConfigName"),
        ("list_models", "Models", "delete_model", "ModelName"),
    ):
        for name in _names(list_, key, name_key, prefix):
            say(f"deleting {name_key.removesuffix('Name').lower()} {name}")
            getattr(sagemaker, delete)(**{name_key: name})
            removed.append(name)
    return removed


def _names(operation: str, key: str, name_key: str, prefix: str) -> list[str]:
    pages = client("sagemaker").get_paginator(operation).paginate(NameContains=prefix)
    ours = re.compile(re.escape(prefix) + _RELEASED)  # and not those of another deployment, `<prefix>-eu-1-0-0-…`
    return [found[name_key] for page in pages for found in page[key] if ours.fullmatch(found[name_key])]


def _packages(deployment: Deployment, say: Callable[[str], None]) -> list[str]:
    group = deployment.outputs.get("ModelPackageGroup")
    if group is None:
        return []
    sagemaker = client("sagemaker")
    removed = []
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for arn in [str(found["ModelPackageArn"]) for page in pages for found in page["ModelPackageSummaryList"]]:
        say(f"deleting model package {arn.rsplit('/', 2)[-2]}/{arn.rsplit('/', 1)[-1]}")
        sagemaker.delete_model_package(ModelPackageName=arn)
        removed.append(arn)
    return removed


def _empty_buckets(stack: str, say: Callable[[str], None]) -> None:
    """Of every bucket of the stack, the access logs' too: CloudFormation deletes empty ones only."""
    try:
        pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
    except ClientError as error:
        raise translated(error, f"reading the stack {stack}") from error
    for bucket in [each["PhysicalResourceId"] for each in found if each["ResourceType"] == "AWS::S3::Bucket"]:
        say(f"emptying {bucket}")
        _empty(bucket)


def _empty(bucket: str) -> None:
    s3 = client("s3")
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    except ClientError as error:
        if code(error) != "NoSuchBucket":
            raise translated(error, f"emptying {bucket}") from error


def _delete_stack(stack: str, *, poll: float = 1.0) -> None:
    cloudformation = client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    while True:
        try:
            found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return
            raise translated(error, f"deleting {stack}") from error
        if found["StackStatus"] == "DELETE_COMPLETE":
            return
        if found["StackStatus"].endswith("FAILED"):
            raise CloudError(f"{stack} could not be deleted: {found.get('StackStatusReason', 'no reason given')}")
        time.sleep(poll)
