"""A model's answer, checked before a caller sees it, and what the release judge counts of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evergreen.errors import ModelUnavailable
from evergreen.serving.traffic import Target

SCORE_BINS = 10


@dataclass(frozen=True)
class Answer:
    """What the container said: its own version and digest, and one prediction a row."""

    model_version: str
    digest: str
    predictions: list[dict[str, Any]]

    def body(self, request_id: str) -> dict[str, Any]:
        """The answer as callers get it; every row has the id that feedback refers to."""
        predictions = [
            {
                "prediction_id": f"{request_id}:{row}",
                "prediction": found["prediction"],
                "confidence": found.get("confidence"),
            }
            for row, found in enumerate(self.predictions)
        ]
        return {"request_id": request_id, "model_version": self.model_version, "predictions": predictions}


def read_answer(raw: bytes, *, rows: int, target: Target) -> Answer:
    """The container's answer; ModelUnavailable when it is not one, or comes from another artifact than expected."""
    try:
        said = json.loads(raw, parse_constant=_refuse_constant)
        answer = Answer(str(said["model_version"]), str(said["digest"]), list(said["predictions"]))
        whole = len(answer.predictions) == rows and all(_is_prediction(found) for found in answer.predictions)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelUnavailable(f"{target.endpoint} answered something that is no prediction") from error
    if not whole:
        raise ModelUnavailable(f"{target.endpoint} did not answer one prediction for each of {rows} rows")
    if (answer.model_version, answer.digest) != (target.model_version, target.digest):
        raise ModelUnavailable(f"{target.endpoint} serves {answer.model_version}, not {target.model_version}")
    return answer


def score_counts(answer: Answer) -> list[int]:
    """Rows by score (or confidence, where a class has no single score) in ten equal bins of [0, 1]."""
    counts = [0] * SCORE_BINS
    for score in _scores(answer.predictions):
        if 0 <= score <= 1:
            counts[min(int(score * SCORE_BINS), SCORE_BINS - 1)] += 1
    return counts


def summary(answer: Answer) -> dict[str, Any]:
    """Predictions as an audit line keeps them: how often each class, or the range of a number."""
    values = [found["prediction"] for found in answer.predictions]
    if all(isinstance(value, float) for value in values):
        return {"min": min(values), "max": max(values), "mean": math.fsum(values) / len(values)}
    counts: dict[str, int] = {}
    for value in values:
        counts[str(value)] = counts.get(str(value), 0) + 1
    return counts


def _scores(predictions: Iterable[dict[str, Any]]) -> Iterable[float]:
    for found in predictions:
        if found.get("confidence") is not None:
            yield found["score"] if found.get("score") is not None else found["confidence"]


def _is_prediction(found: Any) -> bool:
    numbers = (found.get("confidence"), found.get("score")) if isinstance(found, dict) else (None,)
    return (
        isinstance(found, dict)
        and isinstance(found.get("prediction"), str | int | float | bool)
        and all(number is None or (isinstance(number, int | float) and math.isfinite(number)) for number in numbers)
    )


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no prediction")
