"""What our code asks of SageMaker and ECR, recorded before it is sent, against botocore's models."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from evergreen.aws import endpoints
from evergreen.aws.clients import client
from evergreen.aws.endpoints import EndpointRequests, endpoint_name
from evergreen.aws.images import resolve_image
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.registry import Registry
from evergreen.aws.signing import SigningKey
from evergreen.aws.state import StateTable
from evergreen.project.schema import Endpoint
from tests.contracts.shapes import violations

DEPLOYMENT = "a-project-of-24-letters-x-staging"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RECORD: dict[str, Any] = {
    "model_version": "10.200.3000",
    "run_id": "run-20130401T000000-0a1b2c3d",
    "as_of": "2013-04-01T00:00:00Z",
    "artifact_uri": "s3://artifacts/models/job/output/model/",
    "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/assets@sha256:{'0' * 64}",
    "digest": "0a1b2c3d" * 8,
    "data_version": "1.2.3",
    "data_manifest": "0" * 64,
    "estimator": "hist_gradient_boosting",
    "metric": "roc_auc",
    "reference_metric": 0.71,
    "trusted_keys": [base64.b64encode(bytes(91)).decode()],
}
Recorded = list[tuple[str, dict[str, Any]]]


def record(service: str, answer: dict[str, Any]) -> Recorded:
    """Answer every call of a service's client without sending it, and keep what was asked."""
    asked: Recorded = []

    def keep(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.append((model.name, dict(params)))

    events = client(service).meta.events
    events.register("provide-client-params", keep)
    events.register("before-call", lambda **_: (type("Response", (), {"status_code": 200})(), answer))
    return asked


@pytest.fixture
def requests() -> EndpointRequests:
    return EndpointRequests(
        name=endpoint_name(DEPLOYMENT, RECORD["model_version"], RECORD["digest"]),
        model=RECORD,
        instances=Endpoint(),
        role_arn="arn:aws:iam::123456789012:role/Model",
        key_arn=KEY,
        data_bucket="churn-prod-data",
    )


@pytest.mark.parametrize("operation", ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"])
def test_an_endpoint_is_asked_for_as_sagemaker_accepts_it(requests: EndpointRequests, operation: str) -> None:
    asked = {
        "CreateModel": requests.create_model,
        "CreateEndpointConfig": requests.create_endpoint_config,
        "CreateEndpoint": requests.create_endpoint,
    }[operation]()

    assert violations("sagemaker", operation, asked) == []


def test_a_model_package_is_asked_for_as_sagemaker_accepts_it() -> None:
    asked = record("sagemaker", {"ModelPackageArn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/m/1"})
    registry = Registry(
        state=StateTable("state"),
        ledger=Ledger("ledger"),
        artifacts=Objects("artifacts"),
        group=DEPLOYMENT,
        key=SigningKey(KEY),
    )

    registry._package(RECORD)

    ((operation, request),) = asked
    assert violations("sagemaker", operation, request) == []


def test_the_image_is_looked_up_as_ecr_accepts_it() -> None:
    asked = record("ecr", {"imageDetails": [{"imageDigest": f"sha256:{'0' * 64}"}]})

    resolve_image("123456789012.dkr.ecr.us-east-1.amazonaws.com/cdk-hnb659fds-container-assets-1-us-east-1:0f")

    ((operation, request),) = asked
    assert violations("ecr", operation, request) == []


def test_an_invocation_is_one_that_the_endpoint_accepts() -> None:
    asked = record("sagemaker-runtime", {"Body": Answer()})

    endpoints.invoke("churn-prod-1-0-0-0a1b2c3d", [{"age": 3}], inference_id="r" * 70)

    ((operation, request),) = asked
    assert violations("sagemaker-runtime", operation, request) == []


class Answer:
    """A streaming body."""

    def read(self) -> bytes:
        return b"{}"
