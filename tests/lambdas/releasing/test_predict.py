"""The API's functions on moto: answers, and every bad input as a problem that names the field."""

from __future__ import annotations

import json
import uuid
from typing import Any

import boto3
import pytest

from evergreen.serving.problem import NO_MODEL
from lambdas.accept_feedback.handler import handler as accept_feedback
from lambdas.predict.handler import handler as predict
from tests.lambdas.context import CONTEXT
from tests.lambdas.releasing.conftest import World, digest_of
from tests.unit.serving.contracts import row


def call(body: Any = None, *, path: str = "/predict", function: Any = predict, request_id: str | None = None) -> Any:
    event = {
        "resource": path,
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"requestId": request_id or str(uuid.uuid4())},
    }
    response = function(event, CONTEXT)
    return response["statusCode"], json.loads(response["body"]), response["headers"]


@pytest.fixture
def serving(world: World) -> World:
    world.release("1.0.0")
    world.containers.asked.clear()
    return world


def test_before_the_first_model_every_route_says_how_to_start_one(world: World) -> None:
    for path, body in (("/predict", {"rows": [row()]}), ("/model", None), ("/health", None)):
        status, problem, headers = call(body, path=path)

        assert (status, problem["detail"]) == (503, NO_MODEL)
        assert "evergreen data commit" in problem["detail"]
        assert headers["Retry-After"]


def test_predicts(serving: World) -> None:
    status, body, headers = call({"rows": [row(), row()]}, request_id="id-1")

    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert body == {
        "request_id": "id-1",
        "model_version": "1.0.0",
        "predictions": [
            {"prediction_id": "id-1:0", "prediction": True, "confidence": 0.8},
            {"prediction_id": "id-1:1", "prediction": True, "confidence": 0.8},
        ],
    }


def test_says_which_model_serves(serving: World) -> None:
    status, model, _ = call(path="/model")

    assert (status, model["model_version"], model["digest"]) == (200, "1.0.0", digest_of("1.0.0"))
    assert model["challenger"] is None
    assert call(path="/health")[:2] == (200, {"status": "ok", "model_version": "1.0.0"})


def without_distance() -> dict[str, Any]:
    return {name: value for name, value in row().items() if name != "distance"}


BAD = {
    "NaN": ('{"rows": [' + json.dumps(row(distance=float("nan"))) + "]}", 422, "rows[0].distance"),
    "an unknown field": ({"rows": [row(colour="red")]}, 422, "rows[0].colour"),
    "a missing field": ({"rows": [row(), without_distance()]}, 422, "rows[1].distance"),
    "a string for a number": ({"rows": [row(distance="733")]}, 422, "rows[0].distance"),
    "a null": ({"rows": [row(distance=None)]}, 422, "rows[0].distance"),
    "a 2 MB body": ('{"rows": "' + "x" * 2_000_000 + '"}', 413, "body"),
    "JSON nested 5,000 deep": ('{"rows":' * 5000 + "1" + "}" * 5000, 400, "body"),
    "lists nested 5,000 deep": ("[" * 5000 + "]" * 5000, 400, "body"),
    "a doubled key": ('{"rows": [{"distance": 1, "distance": 2}]}', 400, "rows[0].distance"),
    "no JSON": ("rows=1", 400, "body"),
    "no body": (None, 400, "body"),
    "too many rows": ({"rows": [row()] * 1001}, 413, "rows"),
    "no rows": ({"rows": []}, 422, "rows"),
    "another shape": ([1, 2], 422, "body"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_client_error_that_names_the_field(serving: World, name: str) -> None:
    body, expected, field = BAD[name]

    status, problem, headers = call(body, request_id="id-1")

    assert status == problem["status"] == expected
    assert headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["instance"] == "id-1"
    for secret in ("Traceback", "/work", ".py", "arn:"):
        assert secret not in json.dumps(problem)
    assert serving.containers.asked == []


def test_a_failing_model_is_a_502_that_tells_nothing_and_is_asked_once(
    serving: World, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = serving.traffic().champion.endpoint
    serving.containers.fail(endpoint)
    capsys.readouterr()

    status, problem, headers = call({"rows": [row()]})

    line = json.loads(capsys.readouterr().out)
    assert (status, headers["Content-Type"]) == (502, "application/problem+json")
    assert "/opt/ml" not in json.dumps(problem)
    assert endpoint not in json.dumps(problem)
    assert (line["Requests"], line["Errors"]) == (1, 1)
    assert serving.containers.asked == [endpoint]


def test_a_model_that_answers_nonsense_is_a_502(serving: World) -> None:
    serving.containers.answers[serving.traffic().champion.endpoint] = lambda _: {"predictions": []}

    assert call({"rows": [row()]})[0] == 502


def test_a_lost_contract_is_a_503_and_no_404(serving: World) -> None:
    boto3.client("s3").delete_object(Bucket="artifacts", Key=serving.traffic().champion.contract_key)

    assert call({"rows": [row()]})[0] == 503


def test_one_line_a_request_with_metrics_and_without_features(
    serving: World, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    call({"rows": [row(tailnum="SECRET-TAIL")]}, request_id="id-1")

    out = capsys.readouterr().out
    line = json.loads(out)
    assert (line["request_id"], line["model_version"], line["rows"]) == ("id-1", "1.0.0", 1)
    assert (line["Requests"], line["Errors"], line["ml_predictions_total"]) == (1, 0, 1)
    assert len(line["features_hash"]) == 64
    assert "SECRET-TAIL" not in out


def test_the_challenger_answers_its_share(serving: World) -> None:
    serving.register("1.0.1")
    serving.start("1.0.1", strategy="all_at_once")
    serving.advance("release-1.0.1")
    from lambdas.predict.handler import predictor

    predictor.cache_clear()

    assert call({"rows": [row()]})[1]["model_version"] == "1.0.1"


def feedback(payload: Any) -> Any:
    return call(payload, path="/feedback", function=accept_feedback)


def test_feedback_is_kept(serving: World) -> None:
    labels = [{"prediction_id": f"{uuid.uuid4()}:0", "label": True}]

    assert feedback({"labels": labels})[:2] == (202, {"accepted": 1})

    keys = [found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket="data")["Contents"]]
    assert len(keys) == 1
    assert keys[0].startswith("truth/20")
    stored = json.loads(boto3.client("s3").get_object(Bucket="data", Key=keys[0])["Body"].read())
    assert stored["labels"] == labels


@pytest.mark.parametrize(
    ("payload", "status", "field"),
    [
        ({"labels": [{"prediction_id": "x", "label": 1}]}, 422, "labels[0].prediction_id"),
        ({"labels": [{"prediction_id": f"{uuid.UUID(int=0)}:0", "label": None}]}, 422, "labels[0].label"),
        ({"labels": [{"prediction_id": f"{uuid.UUID(int=0)}:0", "label": 1}] * 10_001}, 413, "labels"),
        ("x" * 2_000_000, 413, "body"),
        ("[" * 5000, 400, "body"),
    ],
)
def test_bad_feedback_is_a_client_error_that_names_the_field(
    serving: World, payload: Any, status: int, field: str
) -> None:
    found, problem, _ = feedback(payload)

    assert (found, problem["errors"][0]["field"]) == (status, field)
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="data")
