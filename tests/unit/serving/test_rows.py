"""Rows are parsed strictly, and every mistake is named by its path."""

from __future__ import annotations

from typing import Any

import pytest

from evergreen.errors import InvalidRequest, RequestTooLarge
from evergreen.serving.body import parse_json
from evergreen.serving.rows import RowParser
from evergreen.serving.schema import read_contract
from tests.unit.serving.contracts import contract_bytes, row

PARSER = RowParser(read_contract(contract_bytes()))


def parse(payload: Any, max_rows: int = 1000) -> list[dict[str, Any]]:
    return PARSER.parse(payload, max_rows=max_rows)


def errors_of(payload: Any) -> list[dict[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        parse(payload)
    return refused.value.errors


def test_whole_rows_pass() -> None:
    assert parse({"rows": [row(), row(tailnum=None)]}) == [row(), row(tailnum=None)]


def test_a_single_row_is_a_request_of_one() -> None:
    assert parse({"row": row()}) == [row()]


def test_a_key_column_may_be_sent_along() -> None:
    assert parse({"rows": [row(flight_id=17), row(flight_id="UA-1"), row(flight_id=None)]})


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"distance": "733"}, "distance", "must be a number"),
        ({"distance": True}, "distance", "must be a number"),
        ({"distance": 10**400}, "distance", "must be a number"),
        ({"distance": [1]}, "distance", "must be a number"),
        ({"distance": float("nan")}, "distance", "must be a finite number, not NaN or Infinity"),
        ({"distance": float("-inf")}, "distance", "must be a finite number, not NaN or Infinity"),
        ({"distance": None}, "distance", "must not be null"),
        ({"distance": -1}, "distance", "must be at least 0"),
        ({"distance": 6001}, "distance", "must be at most 6000"),
        ({"origin": "LGA"}, "origin", "must be one of EWR, JFK"),
        ({"origin": None}, "origin", "must not be null"),
        ({"origin": {}}, "origin", "must be one of EWR, JFK"),
        ({"tailnum": 1.5}, "tailnum", "must be a string, an integer or a boolean"),
        ({"tailnum": ["N1"]}, "tailnum", "must be a string, an integer or a boolean"),
        ({"is_codeshare": "true"}, "is_codeshare", "must be true or false"),
        ({"is_codeshare": 1}, "is_codeshare", "must be true or false"),
        ({"scheduled_departure": "soon"}, "scheduled_departure", "must be an ISO-8601 time such as"),
        ({"scheduled_departure": "2013-13-01T00:00:00Z"}, "scheduled_departure", "must be an ISO-8601 time such as"),
        ({"scheduled_departure": 1364793300}, "scheduled_departure", "must be an ISO-8601 time such as"),
        ({"colour": "red"}, "colour", "is not a known field"),
        ({"colour": None}, "colour", "is not a known field"),
        ({"arr_delay": 3}, "arr_delay", "is not a known field"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], field: str, problem: str) -> None:
    found = errors_of({"rows": [row(), row(**changes)]})

    assert [error["field"] for error in found] == [f"rows[1].{field}"]
    assert found[0]["problem"].startswith(problem)


def test_a_missing_field_is_named() -> None:
    incomplete = row()
    del incomplete["distance"]

    assert errors_of({"row": incomplete}) == [{"field": "row.distance", "problem": "is required"}]


def test_nan_in_the_json_text_is_refused_at_its_field() -> None:
    body = '{"rows": [{"distance": NaN, "origin": "JFK", "tailnum": null, "is_codeshare": true, '
    body += '"scheduled_departure": "2013-04-01"}]}'

    assert [error["field"] for error in errors_of(parse_json(body))] == ["rows[0].distance"]


def test_all_mistakes_are_reported_at_once() -> None:
    found = errors_of({"rows": [row(distance="x", origin="LGA"), row(colour=1)]})

    assert [error["field"] for error in found] == ["rows[0].distance", "rows[0].origin", "rows[1].colour"]


def test_at_most_twenty_mistakes_are_listed_and_all_are_counted() -> None:
    with pytest.raises(InvalidRequest, match=r"^The request has 50 mistakes: .* and 49 more\.$") as refused:
        parse({"rows": [row(distance="x")] * 50})

    assert len(refused.value.errors) == 20


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ([], "body"), (None, "body"), ("rows", "body"), ({}, "rows"), ({"rows": []}, "rows"), ({"rows": {}}, "rows"),
        ({"rows": None}, "rows"), ({"rows": [3]}, "rows[0]"), ({"rows": [[]]}, "rows[0]"), ({"row": 3}, "row"),
        ({"rows": [row()], "row": row()}, "rows"), ({"rows": [row()], "debug": True}, "debug"),
        ({"rows": [None]}, "rows[0]"),
    ],
)  # fmt: skip
def test_a_body_of_another_shape_is_named(payload: Any, field: str) -> None:
    assert errors_of(payload)[0]["field"] == field


def test_more_rows_than_the_limit_are_too_large() -> None:
    with pytest.raises(RequestTooLarge) as refused:
        parse({"rows": [row()] * 11}, max_rows=10)

    assert refused.value.errors[0]["field"] == "rows"


def test_an_endless_field_name_is_cut_short() -> None:
    assert len(errors_of({"rows": [row(**{"x" * 10_000: 1})]})[0]["field"]) < 120


def test_allowed_values_keep_their_types() -> None:
    contract = {"problem": "regression", "columns": [{"name": "grade", "type": "category", "allowed": [1, "a"]}]}
    parser = RowParser(read_contract(__import__("json").dumps(contract).encode()))

    assert parser.parse({"rows": [{"grade": 1}, {"grade": "a"}]}, max_rows=2)
    for wrong in (True, "1", 1.0):
        with pytest.raises(InvalidRequest):
            parser.parse({"row": {"grade": wrong}}, max_rows=1)
