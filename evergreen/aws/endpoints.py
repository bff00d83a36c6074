"""SageMaker endpoints: one immutable endpoint a model version, created and removed by releases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, translated
from evergreen.errors import CloudError, ModelUnavailable
from evergreen.versioning import for_aws_name

if TYPE_CHECKING:
    from evergreen.project.schema import Endpoint

MAX_NAME = 63
VARIANT = "main"

Request = dict[str, Any]


def endpoint_name(deployment: str, model_version: str, digest: str) -> str:
    """`<deployment>-<version>-<8 hex of the digest>`: the same artifact always has the same name.

    >>> endpoint_name("flights-prod", "1.4.0", "0a1b2c3d4e5f")
    'flights-prod-1-4-0-0a1b2c3d'
    """
    tail = f"-{for_aws_name(model_version)}-{digest[:8]}"
    return deployment[: MAX_NAME - len(tail)].rstrip("-") + tail


@dataclass(frozen=True)
class EndpointRequests:
    """The three requests that make an endpoint."""

    name: str
    model: dict[str, Any]  # the model record
    instances: Endpoint
    role_arn: str
    key_arn: str
    data_bucket: str

    def create_model(self) -> Request:
        """The signed artifact in the image it was made with, without a network."""
        uri = self.model["artifact_uri"].rstrip("/") + "/"
        source = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
        environment = {
            "EVERGREEN_MODEL_VERSION": self.model["model_version"],
            "EVERGREEN_TRUSTED_KEYS": json.dumps(self.model["trusted_keys"], separators=(",", ":")),
        }
        return {
            "ModelName": self.name,
            "PrimaryContainer": {
                "Image": self.model["image"],
                "ModelDataSource": {"S3DataSource": source},
                "Environment": environment,
            },
            "ExecutionRoleArn": self.role_arn,
            "EnableNetworkIsolation": True,
        }

    def create_endpoint_config(self) -> Request:
        """One variant; every request and answer captured as JSON."""
        from evergreen.project.instances import has_local_disks  # late: predicting never needs the project's schema

        variant = {
            "VariantName": VARIANT,
            "ModelName": self.name,
            "InstanceType": self.instances.instance,
            "InitialInstanceCount": self.instances.count,
            "InitialVariantWeight": 1.0,
        }
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{self.data_bucket}/capture",
            "KmsKeyId": self.key_arn,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        }
        asked = {"EndpointConfigName": self.name, "ProductionVariants": [variant], "DataCaptureConfig": capture}
        # SageMaker refuses a key for disks that belong to the instance and encrypt themselves
        return asked if has_local_disks(self.instances.instance) else {**asked, "KmsKeyId": self.key_arn}

    def create_endpoint(self) -> Request:
        """The endpoint itself."""
        return {"EndpointName": self.name, "EndpointConfigName": self.name}


def create_endpoint(requests: EndpointRequests) -> None:
    """Create what is missing. Whatever exists under this name is this artifact already, or refused."""
    status = endpoint_status(requests.name)
    if status == "Deleting":
        raise ModelUnavailable(f"the endpoint {requests.name} is still being deleted; try again in a few minutes")
    if status is not None:
        return
    _create("model", requests.create_model())
    _create("endpoint_config", requests.create_endpoint_config())
    _create("endpoint", requests.create_endpoint())


def endpoint_status(name: str) -> str | None:
    """SageMaker's status (`InService`, `Creating`, `Failed` …), or None when there is no such endpoint."""
    found = _describe("endpoint", name)
    return str(found["EndpointStatus"]) if found else None


def delete_endpoint(name: str) -> None:
    """Remove the endpoint, its configuration and its model; what is gone already stays gone."""
    for kind in ("endpoint", "endpoint_config", "model"):
        _delete(kind, name)


def invoke(endpoint: str, rows: list[dict[str, Any]], *, inference_id: str) -> bytes:
    """The container's answer to some rows; ModelUnavailable for an error or a time-out."""
    try:
        answer = client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"rows": rows}, separators=(",", ":")).encode(),
            InferenceId=inference_id[:64],
        )
        return bytes(answer["Body"].read())
    except (ClientError, BotoCoreError) as error:
        raise ModelUnavailable(f"the endpoint {endpoint} did not answer: {error}") from error


def _parameter(kind: str) -> str:
    return {"model": "ModelName", "endpoint_config": "EndpointConfigName", "endpoint": "EndpointName"}[kind]


def _describe(kind: str, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = getattr(client("sagemaker"), f"describe_{kind}")(**{_parameter(kind): name})
    except ClientError as error:
        if _is_missing(error):
            return None
        raise translated(error, f"describing the {kind} {name}") from error
    return found


def _create(kind: str, asked: Request) -> None:
    name = asked[_parameter(kind)]
    try:
        getattr(client("sagemaker"), f"create_{kind}")(**asked)
    except ClientError as error:
        if "already exist" not in str(error):
            raise translated(error, f"creating the {kind} {name}") from error
        if not _covers(_describe(kind, name), asked):
            raise CloudError(f"the {kind} {name} exists with other settings; delete it") from error


def _delete(kind: str, name: str) -> None:
    try:
        getattr(client("sagemaker"), f"delete_{kind}")(**{_parameter(kind): name})
    except ClientError as error:
        if not _is_missing(error):
            raise translated(error, f"deleting the {kind} {name}") from error


def _covers(found: Any, asked: Any) -> bool:
    if isinstance(asked, dict):
        return isinstance(found, dict) and all(_covers(found.get(key), value) for key, value in asked.items())
    if isinstance(asked, list):
        return isinstance(found, list) and len(found) == len(asked) and all(map(_covers, found, asked))
    return bool(found == asked)


def _is_missing(error: ClientError) -> bool:
    return "Could not find" in str(error)
