"""Answers and the labels that arrived for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.quality.labels import UNKNOWN, class_codes, numbers


@dataclass(frozen=True)
class Answers:
    """Predictions of one model version in the window, column by column, each of shape (n_rows,)."""

    prediction_id: Sequence[str]
    time: NDArray[np.datetime64]
    prediction: Sequence[Any]
    score: NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """Answers whose label has arrived; classes are positions, the positive class last."""

    y: NDArray[Any]
    prediction: NDArray[Any]
    score: NDArray[np.float64]
    time: NDArray[np.datetime64]
    classes: list[int] | None
    rows: int
    unknown_labels: int


def join(answers: Answers, truth: Mapping[str, Any], classes: Sequence[Any] | None, positive: Any = None) -> Labelled:
    """Put labels to answers by prediction id; labels that are none of the classes are counted, not used."""
    found = [row for row, key in enumerate(answers.prediction_id) if key in truth]
    labels = [truth[answers.prediction_id[row]] for row in found]
    predictions = [answers.prediction[row] for row in found]
    y: NDArray[Any]
    prediction: NDArray[Any]
    if classes is None:
        y, prediction = numbers(labels), numbers(predictions)
        usable = np.isfinite(y) & np.isfinite(prediction)
    else:
        ordered = [label for label in classes if label != positive] + [label for label in classes if label == positive]
        y, prediction = class_codes(labels, ordered), class_codes(predictions, ordered)
        usable = (y != UNKNOWN) & (prediction != UNKNOWN)
    kept = np.asarray(found, dtype=np.int64)[usable]
    return Labelled(
        y=y[usable],
        prediction=prediction[usable],
        score=answers.score[kept],
        time=answers.time[kept],
        classes=None if classes is None else list(range(len(classes))),
        rows=len(answers.prediction_id),
        unknown_labels=int((~usable).sum()),
    )
