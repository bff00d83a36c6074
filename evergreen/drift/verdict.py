"""The verdict on one window: a breach needs size *and* significance.

A statistic breaches when it reaches its threshold, exceeds every window of the reference itself, and its p-value,
given the natural variation of the reference's windows, survives Holm's correction over all tests of the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evergreen.drift.cells import Column
from evergreen.drift.chosen import less_chance
from evergreen.drift.ks import ks_distance
from evergreen.drift.natural import merge
from evergreen.drift.new_categories import NewCategories, unseen_p_value
from evergreen.drift.power import power_line
from evergreen.drift.psi import Counts
from evergreen.drift.reference import FeatureReference, Reference
from evergreen.drift.report import DriftReport, FeatureDrift, Measurement
from evergreen.drift.significance import categories_test, corrected, ks_test, missing_test, new_test, psi_test
from evergreen.drift.thresholds import ALPHA, Thresholds

__all__ = ["ALPHA", "Thresholds", "judge_counts", "judge_window"]
TESTS = 4  # at most, of one feature


def judge_window(
    reference: Reference,
    columns: Mapping[str, Column],
    scores: Column | None,
    thresholds: Thresholds,
    *,
    excluded: Sequence[str] = (),
) -> DriftReport:
    """Judge a window's columns, each of shape (n_rows,), against the reference; see `judge_counts`."""
    kept = [feature for feature in reference.features if feature.name in columns and feature.name not in excluded]
    counts = {feature.name: feature.count(columns[feature.name]) for feature in kept}
    scored = reference.score.count(scores) if reference.score is not None and scores is not None else None
    return judge_counts(reference, counts, scored, thresholds)


def judge_counts(
    reference: Reference,
    counts: Mapping[str, Counts],
    scores: Counts | None,
    thresholds: Thresholds,
    *,
    excluded: Sequence[str] = (),
) -> DriftReport:
    """Judge a window's counts in the reference's cells, each of shape (n_cells,), missing last.

    Counts of hours or days add up to those of a window: the rows are never needed again. `excluded` names what moves
    by construction: times, ids, keys. The score's distribution is measured beside the features and never judged: what
    the model answers moves when it is retrained, too.
    """
    judged = [f for f in reference.features if f.name in counts and f.name not in excluded]
    rows = max((int(counts[feature.name].sum()) for feature in judged), default=0)
    tests = TESTS * len(judged)
    comparable = rows and reference.rows
    measured = [_measure(feature, counts[feature.name], thresholds, tests) for feature in judged] if comparable else []
    enough = rows >= thresholds.min_rows and (not reference.of or reference.rows >= thresholds.min_rows)
    features = corrected(measured) if enough else tuple(measured)
    score = None
    if reference.score is not None and scores is not None and scores.sum():
        score = _measure(reference.score, scores, thresholds, TESTS)
    breached = any(feature.breach for feature in features)
    natural = any(feature.natural for feature in judged)
    return DriftReport(
        verdict="breach" if breached else "ok" if enough else "insufficient_data",
        rows=rows,
        min_rows=thresholds.min_rows,
        reference_rows=reference.rows,
        features=features,
        score=score,
        of=reference.of,
        power=power_line(
            rows, reference.rows, tests, alpha=ALPHA, threshold=thresholds.distance, beyond_natural=natural
        ),
    )


def _measure(feature: FeatureReference, counts: Counts, thresholds: Thresholds, tests: int) -> FeatureDrift:
    natural = feature.natural
    before, window = feature.cells.compared(feature.counts), feature.cells.compared(counts)
    rows, total, gone = int(before.sum()), int(window.sum()), int(window[-1])
    bins = feature.cells.bins(before)
    found = [psi_test(merge(before, bins), merge(window, bins), thresholds.psi, tests, natural)]
    if feature.kind == "number":  # a missing value has no place in an order; PSI counts it
        found.append(_ks(feature, window, thresholds.distance))
    else:
        found.append(categories_test(before, less_chance(before, window), thresholds.distance, natural))
    if before[-1] or gone:
        found.append(missing_test(rows, int(before[-1]), total, gone, thresholds.missing, natural))
    if feature.kind != "number" and not feature.counts[-2]:
        found.append(new_test(_new(feature.counts, counts), thresholds.new))
    return FeatureDrift(feature.name, feature.kind, gone / max(total, 1), tuple(found), importance=feature.importance)


def _ks(feature: FeatureReference, window: Counts, threshold: float) -> Measurement:
    before, after = feature.counts[:-1], window[:-1]
    n, m = int(before.sum()), int(after.sum())
    return ks_test(float(ks_distance(before, after)) if n and m else 0.0, n, m, threshold, feature.natural)


def _new(before: Counts, window: Counts) -> NewCategories:
    """All categories of the reference have cells of their own, so what falls beside them is new; by which name is not
    known."""
    n, m, rows = int(before[:-1].sum()), int(window[:-1].sum()), int(window[-2])
    return NewCategories((), rows, rows / max(m, 1), unseen_p_value(n, before[:-2], m, rows))
