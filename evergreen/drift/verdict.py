"""The verdict on one window: a breach needs size *and* significance.

A statistic breaches when it reaches its threshold, exceeds every window of the reference itself, and its p-value, for
the effective number of rows, survives Holm's correction over all tests of the window. A statistic below its threshold
enters the correction with p = 1, which only makes it stricter and spares the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from evergreen.drift.cells import Column
from evergreen.drift.chi2 import chi2, chi2_p_value, pool_sparse
from evergreen.drift.holm import holm
from evergreen.drift.ks import ks_distance, ks_p_value
from evergreen.drift.natural import merge
from evergreen.drift.power import power_line
from evergreen.drift.psi import Counts, psi, psi_p_value
from evergreen.drift.reference import FeatureReference, Reference
from evergreen.drift.report import DIGITS, DriftReport, FeatureDrift, Measurement, Statistic
from evergreen.drift.total_variation import total_variation

ALPHA = 0.005  # half of the promise: less than 1 % of the windows of an unchanged world raise any finding


@dataclass(frozen=True)
class Thresholds:
    """The sizes that matter; `distance` is for D of numbers and the total variation of categories."""

    psi: float = 0.1
    distance: float = 0.1
    min_rows: int = 500


def judge_window(
    reference: Reference,
    columns: Mapping[str, Column],
    scores: Column | None,
    thresholds: Thresholds,
    *,
    excluded: Sequence[str] = (),
) -> DriftReport:
    """Judge a window's columns, each of shape (n_rows,), against the reference.

    `excluded` names what moves by construction: times, ids, keys. The score's distribution is measured beside the
    features and never judged: what the model answers moves when it is retrained, too.
    """
    judged = [f for f in reference.features if f.name in columns and f.name not in excluded]
    rows = max((len(columns[feature.name]) for feature in judged), default=0)
    tests = 2 * len(judged)
    measured = [_measure(feature, columns[feature.name], thresholds, tests) for feature in judged] if rows else []
    enough = rows >= thresholds.min_rows
    features = _corrected(measured) if enough else tuple(measured)
    score = None
    if reference.score is not None and scores is not None and len(scores):
        score = _measure(reference.score, scores, thresholds, 2)
    breached = any(feature.breach for feature in features)
    return DriftReport(
        verdict="breach" if breached else "ok" if enough else "insufficient_data",
        rows=rows,
        min_rows=thresholds.min_rows,
        features=features,
        score=score,
        power=power_line(rows, reference.rows, tests, alpha=ALPHA, threshold=thresholds.distance),
    )


def _measure(feature: FeatureReference, column: Column, thresholds: Thresholds, tests: int) -> FeatureDrift:
    window = feature.count(column)
    missing = float(window[-1]) / max(len(column), 1)
    found = (_psi_test(feature, window, thresholds.psi, tests), _distance_test(feature, window, thresholds.distance))
    return FeatureDrift(feature.name, feature.kind, missing, found)


def _psi_test(feature: FeatureReference, window: Counts, threshold: float, tests: int) -> Measurement:
    bins = feature.cells.bins(feature.counts)
    before, after = merge(feature.counts, bins), merge(window, bins)
    natural = feature.natural
    draws = max(10_000, int(2 * tests / ALPHA))  # fine enough to reach alpha / tests

    def p_value() -> float:
        return psi_p_value(before, after, design_effect=natural.psi_effect if natural else 1.0, draws=draws)

    return _test("psi", float(psi(before, after)), threshold, natural.psi[-1] if natural else None, p_value)


def _distance_test(feature: FeatureReference, window: Counts, threshold: float) -> Measurement:
    natural = feature.natural
    effect = natural.distance_effect if natural else 1.0
    largest = natural.distance[-1] if natural else None
    if feature.kind == "number":
        before, after = feature.counts[:-1], window[:-1]  # a missing value has no place in an order; PSI counts it
        distance = float(ks_distance(before, after)) if before.sum() and after.sum() else 0.0
        sizes = max(float(before.sum()), 1.0) / effect, max(float(after.sum()), 1.0) / effect
        return _test("ks", distance, threshold, largest, lambda: ks_p_value(distance, *sizes))

    def p_value() -> float:
        before, after = pool_sparse(feature.counts, window, design_effect=effect)
        return chi2_p_value(float(chi2(before, after)) / effect, len(before) - 1)

    return _test("tv", float(total_variation(feature.counts, window)), threshold, largest, p_value)


def _test(
    statistic: Statistic, value: float, threshold: float, natural: float | None, p_value: Callable[[], float]
) -> Measurement:
    large = value >= threshold and (natural is None or value > natural)
    natural = None if natural is None else round(natural, DIGITS)
    return Measurement(statistic, round(value, DIGITS), threshold, natural, p_value() if large else None)


def _corrected(features: Sequence[FeatureDrift]) -> tuple[FeatureDrift, ...]:
    p_values = [1.0 if test.p is None else test.p for feature in features for test in feature.tests]
    rejected = iter(holm(p_values, ALPHA))
    return tuple(
        replace(feature, tests=tuple(replace(test, breach=next(rejected)) for test in feature.tests))
        for feature in features
    )
