"""Removing a deployment: what was created at run time first, then the stacks, last the emptied buckets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from evergreen.aws.clients import client, code, translated
from evergreen.aws.deployment import STACKS, Deployment
from evergreen.errors import CloudError


def tear_down(deployment: Deployment, *, keep_data: bool, say: Callable[[str], None]) -> dict[str, list[str]]:
    """Remove endpoints, stacks and, unless `keep_data`, the data. Returns what was removed and what was kept."""
    removed = [*_endpoints(deployment.name, say), *_packages(deployment, say)]
    buckets = [deployment["DataBucket"], deployment["ArtifactBucket"]]
    if not keep_data:
        for bucket in buckets:
            say(f"emptying {bucket}")
            _empty(bucket)
    for part in reversed(STACKS):
        stack = f"{deployment.name}-{part}"
        if keep_data and part == "storage":
            continue
        say(f"deleting the stack {stack}")
        _delete_stack(stack)
        removed.append(stack)
    kept = [*buckets, deployment["LedgerTable"], deployment["StateTable"]] if keep_data else []
    return {"removed": removed, "kept": kept}


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
    return [found[name_key] for page in pages for found in page[key] if found[name_key].startswith(f"{prefix}-")]


def _packages(deployment: Deployment, say: Callable[[str], None]) -> list[str]:
    group = deployment.outputs.get("ModelPackageGroup")
    if group is None:
        return []
    sagemaker = client("sagemaker")
    removed = []
    for found in sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]:
        arn = str(found["ModelPackageArn"])
        say(f"deleting model package {arn.rsplit('/', 2)[-2]}/{arn.rsplit('/', 1)[-1]}")
        sagemaker.delete_model_package(ModelPackageName=arn)
        removed.append(arn)
    return removed


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
