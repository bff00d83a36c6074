"""Metrics: one name, one formula, wherever a model is measured (evaluation job, champion comparison, live quality).

Labels are values of `classes`; of two classes the last is the positive one. `score` is the probability of the
positive class of shape (n_rows,), for more classes one column per class of shape (n_rows, n_classes), and for
regression unused. A metric that the rows do not define (one class only, say) is NaN, never an exception.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.evaluation.ranking import average_auc, best_precision, binary_auc

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Measure = Callable[[Floats], float]  # row weights in, the metric out

METRICS_OF: dict[str, tuple[str, ...]] = {
    "binary_classification": (
        "roc_auc",
        "accuracy",
        "f1",
        "precision",
        "recall",
        "precision_at_recall_80",
        "log_loss",
    ),
    "multiclass_classification": ("accuracy", "f1_macro", "roc_auc", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
}
LOWER_IS_BETTER = frozenset({"log_loss", "rmse", "mae"})
RECALL = 0.8  # of precision_at_recall_80
_SMALLEST = float(np.finfo(np.float64).eps)  # log_loss clips here, as scikit-learn does


def score(
    metric: str,
    y: NDArray[Any],
    prediction: NDArray[Any],
    score: NDArray[Any],
    classes: Sequence[Any] | None,
) -> float:
    """Return the metric over all rows.

    >>> score("accuracy", np.array([0, 1, 1]), np.array([0, 1, 0]), np.array([0.1, 0.9, 0.4]), [0, 1])
    0.6666666666666666
    """
    return measure(metric, y, prediction, score, classes)(np.ones(len(y)))


def measure(
    metric: str,
    y: NDArray[Any],
    prediction: NDArray[Any],
    score: NDArray[Any],
    classes: Sequence[Any] | None,
) -> Measure:
    """Return the metric as a function of row weights: a bootstrap replicate is one set of weights."""
    if classes is None:
        return _regression(metric, np.asarray(y, dtype=float), np.asarray(prediction, dtype=float))
    truth, told = codes(y, classes), codes(prediction, classes)
    if metric in ("roc_auc", "precision_at_recall_80", "log_loss"):
        return _by_score(metric, truth, np.asarray(score, dtype=float), len(classes))
    return _by_prediction(metric, truth, told, len(classes))


def codes(values: NDArray[Any], classes: Sequence[Any]) -> Codes:
    """Return each value's position in `classes`, -1 for what is none of them.

    >>> codes(np.array(["b", "a", "?"], dtype=object), ["a", "b"]).tolist()
    [1, 0, -1]
    """
    index = {label: code for code, label in enumerate(classes)}
    return np.fromiter((index.get(value, -1) for value in values.tolist()), dtype=np.int64, count=len(values))


def all_metrics(
    problem: str, y: NDArray[Any], prediction: NDArray[Any], scores: NDArray[Any], classes: Sequence[Any] | None
) -> dict[str, float]:
    """Return every metric of a problem."""
    return {metric: score(metric, y, prediction, scores, classes) for metric in METRICS_OF[problem]}


def _ratio(above: float, below: float) -> float:
    """A share of nothing is 0, as scikit-learn says it."""
    return float(above / below) if below > 0 else 0.0


def _by_prediction(metric: str, y: Codes, prediction: Codes, size: int) -> Measure:
    def counted(rows: NDArray[np.bool_], of: Codes, weights: Floats) -> Floats:
        return np.bincount(of[rows] + 1, weights=weights[rows], minlength=size + 1)[1:].astype(np.float64)

    def evaluate(weights: Floats) -> float:
        everywhere = np.ones(len(y), dtype=bool)
        hits = counted(y == prediction, y, weights)
        if metric == "accuracy":
            return float(hits.sum() / weights.sum()) if weights.sum() else math.nan
        told, true = counted(everywhere, prediction, weights), counted(everywhere, y, weights)
        if metric == "f1_macro":
            present = (told + true) > 0
            return float(np.mean(2 * hits[present] / (told + true)[present])) if present.any() else math.nan
        found = {
            "f1": (2 * hits[-1], told[-1] + true[-1]),
            "precision": (hits[-1], told[-1]),
            "recall": (hits[-1], true[-1]),
        }
        return _ratio(*found[metric])

    return evaluate


def _by_score(metric: str, y: Codes, score: Floats, size: int) -> Measure:
    if metric == "log_loss":
        return _log_loss(y, score, size)
    if metric == "precision_at_recall_80":
        return best_precision(y == size - 1, _positive(score), RECALL)
    if size == 2:
        return binary_auc(y == 1, _positive(score))
    return average_auc([binary_auc(y == code, score[:, code]) for code in range(size)])


def _positive(score: Floats) -> Floats:
    return score if score.ndim == 1 else score[:, -1]


def _log_loss(y: Codes, score: Floats, size: int) -> Measure:
    if size == 2:
        positive = _positive(score)
        score = np.column_stack([1 - positive, positive])
    rows = np.arange(len(y))
    given = np.where(y >= 0, score[rows, np.maximum(y, 0)], 0.0)
    losses = -np.log(np.clip(given, _SMALLEST, 1 - _SMALLEST))
    return lambda weights: float(weights @ losses / weights.sum()) if weights.sum() else math.nan


def _regression(metric: str, y: Floats, prediction: Floats) -> Measure:
    residual = y - prediction
    losses = np.abs(residual) if metric == "mae" else residual * residual

    def evaluate(weights: Floats) -> float:
        total = weights.sum()
        if not total:
            return math.nan
        loss = float(weights @ losses)
        if metric == "r2":
            spread = float(weights @ (y - weights @ y / total) ** 2)
            return 1 - loss / spread if spread > 0 else math.nan
        return math.sqrt(loss / total) if metric == "rmse" else loss / float(total)

    if metric not in METRICS_OF["regression"]:
        raise KeyError(metric)
    return evaluate
