"""What callers get wrong, over HTTP: always a problem document with the field's name, never a view of the inside."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local.parcels import ROW
from tests.local.world import World

pytestmark = [pytest.mark.loop, pytest.mark.usefixtures("in_world")]
INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|arn:|/opt/|/var/|/tmp/|/home/|s3://|000000000000|Exception|amazonaws", re.I
)
DEEP = 5000


class Answer:
    """Status, headers and problem document of one call."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.type = response.getheader("Content-Type")
        self.retry_after = response.getheader("Retry-After")
        self.text = response.read().decode()
        self.problem: dict[str, Any] = json.loads(self.text)

    @property
    def fields(self) -> list[str]:
        """The fields that the problem names."""
        return [error["field"] for error in self.problem.get("errors", [])]


def ask(
    world: World,
    body: str | bytes,
    *,
    method: str = "POST",
    path: str = "/predict",
    key: str | None = None,
    content_type: str | None = "application/json",
) -> Answer:
    """One call of the API; an empty `key` calls without one."""
    url = urlsplit(world.session.api_url)
    key = world.session.api_key if key is None else key
    headers = {"x-api-key": key, "Content-Type": content_type}
    sent = {name: value for name, value in headers.items() if value}
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
    try:
        connection.request(method, url.path + path, body.encode() if isinstance(body, str) else body, sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def assert_problem(answer: Answer, status: int) -> None:
    """RFC 9457, complete, and silent about the inside."""
    assert answer.status == answer.problem["status"] == status, answer.text
    assert answer.type == "application/problem+json"
    assert answer.problem["title"]
    assert answer.problem["detail"]
    assert not INSIDE.search(answer.text), answer.text


def rows(*given: Any) -> str:
    return json.dumps({"rows": list(given)})


def row_with(field: str, literal: str) -> str:
    """A body whose one row has a JSON literal that Python would not write."""
    return rows({**ROW, field: "@"}).replace('"@"', literal)


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in ROW.items() if name != field}


GOOD = rows(ROW)
BODIES: dict[str, tuple[str | bytes, int, str]] = {
    "not a number": (row_with("distance", "NaN"), 422, "rows[0].distance"),
    "infinity": (row_with("distance", "-Infinity"), 422, "rows[0].distance"),
    "a float beyond floats": (row_with("distance", "1e400"), 422, "rows[0].distance"),
    "an integer beyond floats": (row_with("distance", "1" * 400), 422, "rows[0].distance"),
    "an integer without end": (row_with("distance", "1" * 5000), 400, "body"),
    "a string for a number": (rows(ROW, {**ROW, "distance": "far"}), 422, "rows[1].distance"),
    "a boolean for a number": (rows({**ROW, "distance": True}), 422, "rows[0].distance"),
    "null for a number": (rows({**ROW, "distance": None}), 422, "rows[0].distance"),
    "a list for a number": (rows({**ROW, "distance": [1.0]}), 422, "rows[0].distance"),
    "lists in lists for a number": (row_with("distance", "[" * 20 + "]" * 20), 400, "body"),
    "a number below the minimum": (rows({**ROW, "distance": -1.0}), 422, "rows[0].distance"),
    "a category that is not allowed": (rows({**ROW, "depot": "west"}), 422, "rows[0].depot"),
    "a time that is none": (rows({**ROW, "sent_at": "2013-02-30T00:00:00Z"}), 422, "rows[0].sent_at"),
    "an unknown field": (rows({**ROW, "colour": "red"}), 422, "rows[0].colour"),
    "the outcome itself": (rows({**ROW, "hours": 12.0}), 422, "rows[0].hours"),
    "a missing field": (rows(without("distance")), 422, "rows[0].distance"),
    "a field given twice": ('{"rows": [{"distance": 1.0, "distance": 2.0}]}', 400, "rows[0].distance"),
    "half a character": (row_with("carrier", '"\\ud800"'), 400, "body"),
    "half a character in a name": ('{"rows": [{"\\udfff": 1}]}', 400, "body"),
    "a row that is no object": ('{"rows": [1]}', 422, "rows[0]"),
    "rows that are no list": ('{"rows": {}}', 422, "rows"),
    "no rows": ('{"rows": []}', 422, "rows"),
    "too many rows": (rows(*[ROW] * 501), 413, "rows"),
    "an unknown field beside the rows": ('{"rows": [], "explain": true}', 422, "explain"),
    "two megabytes": (rows({**ROW, "carrier": "x" * 2_000_000}), 413, "body"),
    "lists 5,000 deep": ("[" * DEEP + "]" * DEEP, 400, "body"),
    "objects 5,000 deep": ('{"rows":' * DEEP + "1" + "}" * DEEP, 400, "body"),
    "5,000 lists never closed": ("[" * DEEP, 400, "body"),
    "no JSON": ("carrier=swift", 400, "body"),
    "half of a JSON document": (GOOD[:-9], 400, "body"),
    "no object": ("[1, 2]", 422, "body"),
    "nothing": ("", 400, "body"),
    "bytes that are no text": (GOOD.encode("utf-16"), 400, "body"),
}


@pytest.mark.parametrize(("method", "path"), [("POST", "/predict"), ("GET", "/model"), ("GET", "/health")])
def test_before_the_first_model_the_api_says_how_to_start_one(world: World, method: str, path: str) -> None:
    if world.traffic():
        pytest.skip("a model serves already: these tests ran after others of the same world")

    answer = ask(world, GOOD, method=method, path=path)

    assert_problem(answer, 503)
    assert "evergreen data commit" in answer.problem["detail"]
    assert int(answer.retry_after or 0) > 0


def test_before_the_first_data_a_run_says_what_is_missing(world: World) -> None:
    if world.traffic():
        pytest.skip("a model serves already: these tests ran after others of the same world")

    result = world.command("run", "--wait")

    assert "evergreen data commit" in str(result.exception)


def test_a_good_request_is_answered(world: World, first_run: dict[str, Any]) -> None:
    assert ask(world, GOOD).status == 200


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_refused_by_the_name_of_its_field(world: World, first_run: dict[str, Any], name: str) -> None:
    body, status, field = BODIES[name]

    answer = ask(world, body)

    assert_problem(answer, status)
    assert answer.fields[0] == field
    assert answer.problem["instance"]


def test_every_mistake_is_named_at_once(world: World, first_run: dict[str, Any]) -> None:
    answer = ask(world, rows({**without("carrier"), "distance": "far"}, {**ROW, "colour": "red"}))

    assert_problem(answer, 422)
    assert set(answer.fields) == {"rows[0].carrier", "rows[0].distance", "rows[1].colour"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
@pytest.mark.parametrize("path", ["/predict", "/feedback"])
def test_another_content_type_is_refused(world: World, first_run: dict[str, Any], content_type: str, path: str) -> None:
    answer = ask(world, GOOD, path=path, content_type=content_type)

    assert_problem(answer, 415)
    assert answer.fields == ["Content-Type"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ('{"labels": []}', 422, "labels"),
        ('{"labels": [{"prediction_id": "1", "label": true}]}', 422, "labels[0].prediction_id"),
        ('{"labels": [{"prediction_id": "1"}]}', 422, "labels[0].prediction_id"),
        ('{"rows": []}', 422, "rows"),
        ("[" * DEEP, 400, "body"),
        ("", 400, "body"),
    ],
)
def test_bad_feedback_is_refused_by_the_name_of_its_field(world: World, body: str, status: int, field: str) -> None:
    answer = ask(world, body, path="/feedback")

    assert_problem(answer, status)
    assert answer.fields[0] == field


@pytest.mark.parametrize("key", ["", "nobody-has-this-api-key"])
@pytest.mark.parametrize("path", ["/predict", "/feedback"])
def test_without_a_key_nothing_is_answered(world: World, key: str, path: str) -> None:
    assert_problem(ask(world, GOOD, path=path, key=key), 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/predict"),
        ("DELETE", "/predict"),
        ("POST", "/model"),
        ("POST", "/predict/1"),
        ("GET", "/"),
        ("GET", "/.."),
    ],
)
def test_another_path_or_method_is_not_found(world: World, method: str, path: str) -> None:
    assert_problem(ask(world, GOOD, method=method, path=path), 404)
