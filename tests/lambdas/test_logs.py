"""What functions write to their logs: one JSON line an event, and never what a caller sent."""

from __future__ import annotations

import importlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from evergreen.errors import InvalidRequest, ModelUnavailable
from evergreen.incident import incident
from tests.lambdas.context import CONTEXT

FUNCTIONS = sorted(path.parent.name for path in Path("lambdas").glob("*/handler.py"))
SECRET = "Ada Lovelace"
MALFORMED = {"requestContext": {"requestId": "r-1"}, "headers": [SECRET]}
API_EVENT = {"requestContext": {"requestId": "r-1"}, "resource": "/predict", "headers": {}, "body": SECRET}


def logged(monkeypatch: pytest.MonkeyPatch, function: str, event: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The answer, or the exception, of a function without an environment, and what it logged."""
    module = importlib.import_module(f"lambdas.{function}.handler")
    lines = io.StringIO()
    for handler in module.logger.handlers:
        monkeypatch.setattr(handler, "stream", lines)
    try:
        answer = module.handler(event, CONTEXT)
    except Exception as error:
        answer = error
    return answer, [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_unforeseen_error_is_one_line_with_its_class_and_its_place(
    monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    answer, lines = logged(monkeypatch, function, MALFORMED)

    (line,) = lines
    assert (line["level"], line["function_request_id"]) == ("ERROR", CONTEXT.aws_request_id)
    assert line["error"]
    assert line["raised_at"]
    assert SECRET not in json.dumps(line)
    assert isinstance(answer, Exception) or answer["statusCode"] == 500


@pytest.mark.parametrize("function", ["predict", "accept_feedback"])
def test_an_unforeseen_error_of_the_api_is_a_problem_without_details(
    monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    answer, lines = logged(monkeypatch, function, MALFORMED)

    assert json.loads(answer["body"]) == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "This request failed here. Its instance names it in the logs.",
        "instance": "r-1",
    }
    assert lines[0]["correlation_id"] == "r-1"


@pytest.mark.parametrize("function", ["predict", "accept_feedback"])
def test_what_a_caller_sent_is_in_no_log(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    for name in ("DEPLOYMENT", "STATE_TABLE", "ARTIFACT_BUCKET", "DATA_BUCKET"):
        monkeypatch.setenv(name, "absent")
    monkeypatch.setenv("MAX_ROWS", "1")
    for body in (SECRET, json.dumps({SECRET: SECRET}), json.dumps({"labels": [{SECRET: SECRET}]})):
        _, lines = logged(monkeypatch, function, {**API_EVENT, "body": body})

        assert SECRET not in json.dumps(lines)


def test_an_error_of_ours_keeps_its_sentence_and_the_classes_behind_it() -> None:
    error = ModelUnavailable("the endpoint e failed")
    error.__cause__ = ValueError(SECRET)

    assert incident(error) == {
        "error": "ModelUnavailable",
        "sentence": "the endpoint e failed",
        "causes": ["ValueError"],
    }


def test_a_callers_mistake_is_named_without_what_was_sent() -> None:
    assert incident(InvalidRequest(f"{SECRET} is not a known field")) == {"error": "InvalidRequest"}
