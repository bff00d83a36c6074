"""The verdict on labelled answers: a breach only when the interval's good end is beyond the limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evergreen.project.schema import METRICS, Quality
from evergreen.quality.interval import blocks_of, interval
from evergreen.quality.join import Labelled

Verdict = Literal["ok", "breach", "insufficient_data"]

FROM_ANSWERS = ("accuracy", "f1_macro")  # what a multiclass answer (class and confidence) can be judged by


@dataclass(frozen=True)
class Promise:
    """What the model was released with: its metric and the value that its evaluation found."""

    metric: str
    reference: float | None


@dataclass(frozen=True)
class QualityReport:
    """The finding for one window. `floor` and `ceiling` are the limits that the interval is compared with."""

    verdict: Verdict
    reason: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    floor: float | None
    ceiling: float | None
    reference: float | None
    accuracy: float | None
    rows: int
    labels: int
    coverage: float
    unknown_labels: int
    blocks: str

    @property
    def threshold(self) -> float | None:
        """The limit that matters for this metric."""
        return self.floor if self.floor is not None else self.ceiling

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return {**asdict(self), "threshold": self.threshold}


def promise_for(problem: str, metric: str, metrics: Mapping[str, float]) -> Promise:
    """Return the metric that captured answers can be judged by, with the evaluation's value.

    Several classes come back as one class and its confidence, so metrics of whole distributions give way to accuracy.
    """
    if problem == "multiclass_classification" and metric not in FROM_ANSWERS:
        metric = "accuracy"
    return Promise(metric, metrics.get(metric))


def judge_quality(labelled: Labelled, promise: Promise, rules: Quality, *, declared: str) -> QualityReport:
    """Measure the metric with its interval and compare it with the limits; `declared` is the project's own metric."""
    floor, ceiling = limits(promise, rules, absolute=promise.metric == declared)
    labels = len(labelled.y)
    value, low, high = interval(promise.metric, labelled) if labels else (math.nan, math.nan, math.nan)
    verdict, reason = _verdict(promise.metric, value, (low, high), floor, ceiling, labels, rules.min_labels)
    return QualityReport(
        verdict=verdict,
        reason=reason,
        metric=promise.metric,
        value=_finite(value),
        low=_finite(low),
        high=_finite(high),
        floor=floor,
        ceiling=ceiling,
        reference=promise.reference,
        accuracy=None if labelled.classes is None else accuracy(labelled),
        rows=labelled.rows,
        labels=labels,
        coverage=round(labels / labelled.rows, 6) if labelled.rows else 0.0,
        unknown_labels=labelled.unknown_labels,
        blocks=blocks_of(labelled.time)[0],
    )


def accuracy(labelled: Labelled) -> float | None:
    """Return the share of right classes, the figure that everybody asks for beside the metric."""
    return round(float((labelled.y == labelled.prediction).mean()), 6) if len(labelled.y) else None


def limits(promise: Promise, rules: Quality, *, absolute: bool = True) -> tuple[float | None, float | None]:
    """Return (floor, ceiling): the strictest of the declared bounds and the allowed fall.

    `fall` is in the metric's own points where higher is better, and a share of the evaluation's value for errors.
    """
    floors = [rules.min] if absolute and rules.min is not None else []
    ceilings = [rules.max] if absolute and rules.max is not None else []
    if promise.reference is not None:
        if METRICS[promise.metric][1]:
            floors.append(promise.reference - rules.fall)
        else:
            ceilings.append(promise.reference * (1 + rules.fall))
    return max(floors, default=None), min(ceilings, default=None)


def _verdict(
    metric: str,
    value: float,
    ends: tuple[float, float],
    floor: float | None,
    ceiling: float | None,
    labels: int,
    min_labels: int,
) -> tuple[Verdict, str]:
    if labels < min_labels:
        return "insufficient_data", f"{labels} labels have arrived, and a verdict needs {min_labels}."
    if not all(math.isfinite(number) for number in (value, *ends)):
        return "insufficient_data", f"{metric} cannot be computed from these {labels} labels."
    found = f"{metric} is {value:.4f} [{ends[0]:.4f}, {ends[1]:.4f}]"
    if floor is not None and ends[1] < floor:
        return "breach", f"{found}, below {floor:.4f}."
    if ceiling is not None and ends[0] > ceiling:
        return "breach", f"{found}, above {ceiling:.4f}."
    return "ok", f"{found}, within its limits."


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
