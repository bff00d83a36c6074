"""Errors as callers see them."""

from __future__ import annotations

import json

import pytest

from evergreen import errors
from evergreen.serving.problem import NO_MODEL, to_response

SECRET = "arn:aws:iam::123456789012:role/x at /var/task/handler.py"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidRequest("rows is required."), 422),
        (errors.MalformedRequest("The body is not JSON."), 400),
        (errors.RequestTooLarge("too many"), 413),
        (errors.NotFound("no such thing"), 404),
        (errors.NoModel(SECRET), 503),
        (errors.ModelUnavailable(SECRET), 502),
        (errors.CloudError(SECRET, code="AccessDenied"), 503),
        (errors.TrafficChanged(SECRET), 503),
    ],
)
def test_every_error_is_a_problem_document_without_secrets(error: errors.EvergreenError, status: int) -> None:
    response = to_response(error, instance="request-1")

    problem = json.loads(response["body"])
    assert response["statusCode"] == problem["status"] == status
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert problem["instance"] == "request-1"
    assert {"type", "title", "detail"} <= problem.keys()
    assert "arn:" not in response["body"]
    assert "/var/" not in response["body"]


def test_mistakes_are_listed() -> None:
    mistakes = [{"field": "rows[0].distance", "problem": "is required"}]

    assert json.loads(to_response(errors.InvalidRequest("x", mistakes), instance="r")["body"])["errors"] == mistakes


def test_before_the_first_model_the_answer_says_how_to_start_one() -> None:
    response = to_response(errors.NoModel("none"), instance="r")

    assert json.loads(response["body"])["detail"] == NO_MODEL
    assert int(response["headers"]["Retry-After"]) > 0
