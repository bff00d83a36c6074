"""Tests of one feature: a statistic with its threshold, and a p-value once it is large enough to matter.

A statistic below its threshold, or within the largest of the reference's own windows, gets no p-value and enters
Holm's correction as 1, which only makes it stricter and spares the simulation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from evergreen.drift.chi2 import chi2, chi2_p_value, pool_sparse
from evergreen.drift.holm import holm
from evergreen.drift.ks import ks_p_value
from evergreen.drift.ks_exact import ks_exact_p_value
from evergreen.drift.missing import missing_change, missing_p_value
from evergreen.drift.natural import Natural, WindowNull
from evergreen.drift.new_categories import NewCategories
from evergreen.drift.predictive import predictive_p_value
from evergreen.drift.psi import Counts, psi
from evergreen.drift.psi_null import psi_null, psi_p_value
from evergreen.drift.report import DIGITS, FeatureDrift, Measurement, Statistic
from evergreen.drift.thresholds import ALPHA
from evergreen.drift.total_variation import total_variation

FEWEST_DRAWS = 10_000
EXACT_PAIRS = 100_000  # of a row and a row: the walk takes milliseconds, and the limit distribution is too small


def psi_test(before: Counts, after: Counts, threshold: float, tests: int, natural: WindowNull | None) -> Measurement:
    """Test the PSI of binned counts; the simulation is fine enough for alpha over `tests`."""
    value = float(psi(before, after))
    draws = max(FEWEST_DRAWS, 10_000 * math.ceil(2 * tests / ALPHA / 10_000))
    spread = _spread("psi", natural)

    def p_value() -> float:
        if natural is None or spread == 0:
            return psi_p_value(before, after, draws=draws)
        null = np.sqrt(psi_null(before, after, draws))

        def noise(x: float) -> float:
            return (len(null) - int(np.searchsorted(null, x)) + 1) / (len(null) + 1)

        return predictive_p_value(math.sqrt(value), noise, spread=spread, degrees=natural.degrees)

    return _test("psi", value, threshold, natural, p_value)


def ks_test(distance: float, n: int, m: int, threshold: float, natural: WindowNull | None) -> Measurement:
    """Test a distance D between `n` and `m` rows: exactly where they are few and nothing else varies."""
    exact = n * m <= EXACT_PAIRS and not _spread("ks", natural)
    tail = ks_exact_p_value if exact else ks_p_value

    def p_value() -> float:
        return _predicted("ks", distance, lambda x: tail(x, n, m), natural)

    return _test("ks", distance if n and m else 0.0, threshold, natural, p_value)


def categories_test(before: Counts, after: Counts, threshold: float, natural: WindowNull | None) -> Measurement:
    """Test the total variation of counts by category, with the chi-squared test's significance."""

    def p_value() -> float:
        pooled = pool_sparse(before, after)
        scale = 1 / float(before.sum()) + 1 / float(after.sum())
        distance = math.sqrt(float(chi2(*pooled)) * scale)
        return _predicted("tv", distance, lambda x: _chi2_tail(x, scale, len(pooled[0]) - 1), natural)

    value = float(total_variation(before, after)) if before.sum() and after.sum() else 0.0
    return _test("tv", value, threshold, natural, p_value)


def missing_test(n: int, missing: int, m: int, gone: int, threshold: float, natural: WindowNull | None) -> Measurement:
    """Test the change of the missing share, in either direction."""
    change = abs(missing_change(n, missing, m, gone))
    share = (missing + gone) / max(n + m, 1)
    deviation = math.sqrt(share * (1 - share) * (1 / max(n, 1) + 1 / max(m, 1)))

    def p_value() -> float:
        exact = missing_p_value(n, missing, m, gone)
        return max(exact, _predicted("missing", change, lambda x: _normal_tail(x, deviation), natural))

    return _test("missing", change, threshold, natural, p_value)


def new_test(found: NewCategories, threshold: float) -> Measurement:
    """Test the share of rows in categories that the reference never showed."""
    return _test("new", found.share, threshold, None, lambda: found.p)


def corrected(features: Sequence[FeatureDrift]) -> tuple[FeatureDrift, ...]:
    """Decide which tests are breaches, by Holm's correction over all of them."""
    p_values = [1.0 if test.p is None else test.p for feature in features for test in feature.tests]
    rejected = iter(holm(p_values, ALPHA))
    return tuple(
        replace(feature, tests=tuple(replace(test, breach=next(rejected)) for test in feature.tests))
        for feature in features
    )


def _test(
    statistic: Statistic, value: float, threshold: float, natural: WindowNull | None, p_value: Callable[[], float]
) -> Measurement:
    known = _natural(statistic, natural)
    largest = None if known is None else round(known.largest, DIGITS)
    large = value >= threshold and (known is None or value > known.largest)
    return Measurement(statistic, round(value, DIGITS), threshold, largest, p_value() if large else None)


def _predicted(
    statistic: Statistic, distance: float, noise: Callable[[float], float], natural: WindowNull | None
) -> float:
    degrees = natural.degrees if natural else 1
    return predictive_p_value(distance, noise, spread=_spread(statistic, natural), degrees=degrees)


def _natural(statistic: Statistic, natural: WindowNull | None) -> Natural | None:
    return natural.statistics.get(statistic) if natural else None


def _spread(statistic: Statistic, natural: WindowNull | None) -> float:
    known = _natural(statistic, natural)
    return known.spread if known else 0.0


def _chi2_tail(distance: float, scale: float, degrees: int) -> float:
    return 1.0 if distance <= 0 else chi2_p_value(distance * distance / scale, degrees)


def _normal_tail(distance: float, deviation: float) -> float:
    return 1.0 if distance <= 0 else math.erfc(distance / max(deviation, 1e-300) / math.sqrt(2))
