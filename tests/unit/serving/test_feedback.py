"""Labels are parsed strictly and kept under a key that says when."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.errors import InvalidRequest, RequestTooLarge
from evergreen.serving.feedback import parse_labels, truth_object

ID = "0b7c1c1e-9d3f-4a52-8d6a-0f3f6f2f0a11:0"


def label(**changes: Any) -> dict[str, Any]:
    return {"prediction_id": ID, "label": True, **changes}


@pytest.mark.parametrize("value", [True, False, 0, 3.5, -7, "late", ""])
def test_strings_numbers_and_booleans_are_labels_and_keep_their_type(value: Any) -> None:
    parsed = parse_labels({"labels": [label(label=value)]})[0]["label"]

    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "labels"), ([], "labels"), ({"labels": []}, "labels"), ({"labels": None}, "labels"),
        ({"labels": [label()], "x": 1}, "x"), ({"labels": [3]}, "labels[0]"),
        ({"labels": [label(label=None)]}, "labels[0].label"), ({"labels": [label(label=[1])]}, "labels[0].label"),
        ({"labels": [label(label=float("nan"))]}, "labels[0].label"),
        ({"labels": [label(label=10**400)]}, "labels[0].label"),
        ({"labels": [label(), {"label": 1}]}, "labels[1].prediction_id"),
        ({"labels": [label(prediction_id="../secret")]}, "labels[0].prediction_id"),
        ({"labels": [label(prediction_id=7)]}, "labels[0].prediction_id"),
        ({"labels": [label(extra=1)]}, "labels[0].extra"),
    ],
)  # fmt: skip
def test_a_wrong_label_is_named(payload: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_labels(payload)

    assert refused.value.errors[0]["field"] == field


def test_more_than_ten_thousand_labels_are_too_large() -> None:
    with pytest.raises(RequestTooLarge):
        parse_labels({"labels": [label()] * 10_001})


def test_the_object_says_when_it_was_received() -> None:
    received = datetime(2013, 4, 1, 5, 6, 7, 89_000, tzinfo=UTC)

    key, body = truth_object([label()], received_at=received, request_id="r-1")

    assert key.startswith("truth/2013/04/01/050607089-")
    assert key.endswith(".json")
    assert json.loads(body) == {"received_at": "2013-04-01T05:06:07Z", "labels": [label()]}


def test_one_request_written_twice_is_one_object() -> None:
    received = datetime(2013, 4, 1, tzinfo=UTC)

    assert truth_object([label()], received_at=received, request_id="r") == truth_object(
        [label()], received_at=received, request_id="r"
    )
