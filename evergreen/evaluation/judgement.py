"""The judgement: is this candidate good enough to be registered and released?

It must keep every gate, beat the trivial baseline, keep the declared baseline, and pass the champion rule:
with d = challenger − champion in the direction "higher is better", measured on the same rows, and [low, high] its
confidence interval, `not_worse` asks low ≥ −margin (non-inferiority) and `better` asks low > 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from evergreen.errors import ArtifactRefused
from evergreen.evaluation.gates import Check, Metrics, check_floor, check_gates, higher_is_better, measured
from evergreen.project.schema import ChampionRule, Project


class Comparison(BaseModel):
    """The paired difference between challenger and champion, and its confidence interval."""

    model_config = ConfigDict(extra="allow", frozen=True)

    metric: str
    difference: float
    low: float
    high: float
    confidence: float
    rows: int
    blocks: int | None = None


class Evaluation(BaseModel):
    """What the evaluation job measured (`evaluation.json`)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    metric: str
    metrics: dict[str, float | None]
    baseline_metrics: dict[str, float | None] = {}
    champion_metrics: dict[str, float | None] | None = None
    comparison: Comparison | None = None
    rows: int
    reference_metric: float | None = None

    @classmethod
    def read(cls, content: bytes) -> Self:
        """An evaluation from its file; ArtifactRefused when the file is none."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            places = ", ".join(".".join(map(str, found["loc"])) or "the file" for found in error.errors())
            raise ArtifactRefused(f"evaluation.json is not an evaluation: {places}") from error


class Judgement(BaseModel):
    """The verdict, its reasons as sentences, and the figures it rests on."""

    model_config = ConfigDict(frozen=True)

    accepted: bool
    reasons: tuple[str, ...]
    metric: str
    metrics: dict[str, float | None]
    baseline_metrics: dict[str, float | None]
    reference_metric: float | None
    champion_metrics: dict[str, float | None] | None
    comparison: Comparison | None


def judge(evaluation: Evaluation, project: Project, *, has_champion: bool) -> Judgement:
    """Judge a candidate. Refused: the reasons say why; accepted: they say what was proven."""
    checks = list(_checks(evaluation, project, has_champion=has_champion))
    accepted = all(check.passed for check in checks)
    return Judgement(
        accepted=accepted,
        reasons=tuple(check.reason for check in checks if check.passed == accepted),
        metric=evaluation.metric,
        metrics=_finite(evaluation.metrics),
        baseline_metrics=_finite(evaluation.baseline_metrics),
        reference_metric=measured(evaluation.metrics, evaluation.metric),
        champion_metrics=None if evaluation.champion_metrics is None else _finite(evaluation.champion_metrics),
        comparison=_usable(evaluation.comparison),
    )


def check_champion(comparison: Comparison, champion_value: float | None, rule: ChampionRule) -> Check:
    """The champion rule on a paired comparison."""
    margin = tolerated(rule.tolerance, comparison.metric, champion_value)
    interval = f"{comparison.difference:+.4g} [{comparison.low:+.4g}, {comparison.high:+.4g}]"
    shown = f"{comparison.metric} against the champion on the same {comparison.rows} rows: {interval}"
    if comparison.confidence < rule.confidence:
        return Check(False, f"{shown} has confidence {comparison.confidence:g}, and the rule asks {rule.confidence:g}")
    if rule.must_be == "better":
        return Check(comparison.low > 0, f"{shown} is {'' if comparison.low > 0 else 'not '}proven better")
    passed = comparison.low >= -margin
    noise = ", equal within noise" if passed and comparison.low <= 0 <= comparison.high else ""
    return Check(passed, f"{shown} is {'' if passed else 'not '}proven not worse by more than {margin:.4g}{noise}")


def tolerated(tolerance: float, metric: str, champion_value: float | None) -> float:
    """The margin in the metric's own scale.

    Metrics that rise towards 1 (accuracy, AUC, R²) take the tolerance as it is; losses, which have the target's
    scale, take it as a share of the champion's value.

    >>> tolerated(0.01, "roc_auc", 0.7), tolerated(0.01, "rmse", 200.0)
    (0.01, 2.0)
    """
    return tolerance if higher_is_better(metric) else tolerance * abs(champion_value or 0.0)


def _checks(evaluation: Evaluation, project: Project, *, has_champion: bool) -> Iterator[Check]:
    metric, metrics = evaluation.metric, evaluation.metrics
    if measured(metrics, metric) is None:
        yield Check(False, f"{metric}, the metric of this project, was not measured")
    else:
        trivial = measured(evaluation.baseline_metrics, metric)
        floors = [
            check_floor(metrics, metric, trivial, called="the trivial baseline", strictly=True),
            check_floor(metrics, metric, project.objective.baseline, called="objective.baseline", strictly=False),
        ]
        yield from (check for check in floors if check is not None)
    yield from check_gates(metrics, project.evaluation.gates)
    if has_champion:
        yield _champion(evaluation, project.evaluation.champion)


def _champion(evaluation: Evaluation, rule: ChampionRule) -> Check:
    comparison = _usable(evaluation.comparison)
    if comparison is None:
        return Check(False, "the champion was not measured on the same rows, so nothing is proven against it")
    value = measured(evaluation.champion_metrics or {}, comparison.metric)
    return check_champion(comparison, value, rule)


def _usable(comparison: Comparison | None) -> Comparison | None:
    """A comparison whose figures are numbers: one with a NaN proves nothing."""
    if comparison is None or not all(map(math.isfinite, (comparison.difference, comparison.low, comparison.high))):
        return None
    return comparison


def _finite(metrics: Metrics) -> dict[str, float | None]:
    return {name: measured(metrics, name) for name in metrics}
