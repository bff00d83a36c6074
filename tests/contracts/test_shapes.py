from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.shapes import unreadable_patterns, violations

GOOD = {"EndpointName": "churn-prod-1-0-0", "EndpointConfigName": "churn-prod-1-0-0"}


def test_a_right_request_has_no_violations() -> None:
    assert violations("sagemaker", "CreateEndpoint", GOOD) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"EndpointName": "a" * 64}, "above 63"),
        ({"EndpointName": "has.dots"}, "does not match"),
        ({"EndpointName": 7}, "not a string"),
        ({"Colour": "red"}, "no such member"),
        ({"Tags": [{"Key": "k"}]}, "Tags[0].Value: required"),
        ({"Tags": [{"Key": "k", "Value": "v"}] * 51}, "above 50"),
        (
            {"DeploymentConfig": {"AutoRollbackConfiguration": {"Alarms": "all"}}},
            "not a list",
        ),
    ],
)
def test_each_kind_of_mistake_is_found_and_placed(change: dict[str, Any], complaint: str) -> None:
    found = violations("sagemaker", "CreateEndpoint", GOOD | change)

    assert complaint in " · ".join(found)


def test_an_unknown_enum_value_is_found() -> None:
    found = violations("kms", "Sign", {"KeyId": "k", "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_257"})

    assert "is none of" in found[0]


def test_a_boolean_is_not_a_number() -> None:
    found = violations("lambda", "Invoke", {"FunctionName": "f", "Payload": b""}) + violations(
        "dynamodb", "Query", {"TableName": "table", "Limit": True}
    )

    assert found == ["Query.Limit: True is not a integer"]


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-runtime", "stepfunctions", "ecr", "kms", "s3", "dynamodb"])
def test_every_pattern_of_the_services_we_call_can_be_checked(service: str) -> None:
    assert unreadable_patterns(service) == []
