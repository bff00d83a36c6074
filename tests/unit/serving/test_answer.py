"""The container's answer is believed only when it is whole and its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evergreen.errors import ModelUnavailable
from evergreen.serving.answer import read_answer, score_counts, summary
from evergreen.serving.telemetry import Served, audit_line
from tests.unit.serving.contracts import row
from tests.unit.serving.test_traffic import target

ONE = {"prediction": True, "confidence": 0.8, "score": 0.8}


def said(**changes: Any) -> bytes:
    whole = {"model_version": "1.0.0", "digest": target("1.0.0").digest, "predictions": [ONE, ONE]}
    return json.dumps({**whole, **changes}).encode()


def read(raw: bytes) -> Any:
    return read_answer(raw, rows=2, target=target("1.0.0"))


def test_rows_get_the_ids_that_feedback_refers_to() -> None:
    body = read(said()).body("r")

    assert [found["prediction_id"] for found in body["predictions"]] == ["r:0", "r:1"]
    assert body["predictions"][0] == {"prediction_id": "r:0", "prediction": True, "confidence": 0.8}
    assert body["model_version"] == "1.0.0"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"nonsense", b"[]", b'{"error": "x"}', said(predictions=[ONE]), said(predictions=None),
        said(predictions=[ONE, 3]), said(predictions=[ONE, {"prediction": None}]), said(digest="other"),
        said(model_version="2.0.0"), said(predictions=[ONE, {"prediction": float("nan"), "confidence": None}]),
        said(predictions=[ONE, {"prediction": 1.0, "score": float("inf")}]), b"[" * 100_000,
        said(predictions=[ONE, {"prediction": True, "confidence": "high"}]), b"\xff",
    ],
)  # fmt: skip
def test_anything_else_is_a_model_failure(raw: bytes) -> None:
    with pytest.raises(ModelUnavailable):
        read(raw)


def test_scores_are_counted_in_ten_bins() -> None:
    scores = [0.0, 0.05, 0.1, 0.95, 1.0]
    found = [{"prediction": 1, "confidence": 1.0, "score": score} for score in scores]

    counts = score_counts(read_answer(said(predictions=found), rows=5, target=target("1.0.0")))

    assert counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_a_regression_has_no_score_bins() -> None:
    found = [{"prediction": 0.5, "confidence": None, "score": 0.5}] * 2

    assert sum(score_counts(read(said(predictions=found)))) == 0
    assert summary(read(said(predictions=found))) == {"min": 0.5, "max": 0.5, "mean": 0.5}


def served(*, failed: bool = False) -> Served:
    return Served(
        deployment="flights-local",
        request_id="r",
        target=target("1.0.0"),
        rows=[row(), row(tailnum="SECRET")],
        answer=None if failed else read(said()),
        model_ms=12.0,
        total_ms=15.0,
        latency_limit_ms=10.0,
    )


def test_one_line_is_the_audit_record_and_its_metrics() -> None:
    line = audit_line(served(), now_ms=1)

    directives = line["_aws"]["CloudWatchMetrics"]
    assert [directive["Dimensions"] for directive in directives] == [[["deployment", "endpoint"]], [["deployment"]]]
    assert all(metric["Name"] in line for directive in directives for metric in directive["Metrics"])
    assert (line["Requests"], line["Errors"], line["Slow"], line["ScoreBin08"]) == (1, 0, 1, 2)
    assert (line["ml_predictions_total"], line["ml_prediction_latency_seconds"]) == (2, 0.015)
    assert line["predictions"] == {"True": 2}


def test_a_failure_is_counted() -> None:
    line = audit_line(served(failed=True), now_ms=1)

    assert (line["Requests"], line["Errors"], line["ml_predictions_total"]) == (1, 1, 0)


def test_the_audit_line_holds_no_raw_feature() -> None:
    assert "SECRET" not in json.dumps(audit_line(served(), now_ms=1))
