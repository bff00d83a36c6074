"""Exact statistics equal scipy's; statistics of profiles stay within the bound that the report publishes."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from scipy.spatial import distance

from evergreen.drift.chi2 import chi2, chi2_p_value
from evergreen.drift.compare import compare_profiles
from evergreen.drift.fisher import fisher_p_value
from evergreen.drift.jensen_shannon import jensen_shannon
from evergreen.drift.ks_exact import ks_steps, ks_test_p_value
from evergreen.drift.psi import SMOOTHING, Floats, psi
from evergreen.drift.steps import from_sample, gaps
from evergreen.drift.views import bin_counts
from evergreen.drift.wasserstein import wasserstein
from evergreen.profiles.build import profile
from evergreen.profiles.table import merge
from tests.unit.drift.shapes import SHAPES

ROUNDING = 1e-9


def _pair(shape: str, rows: int, current: int, shift: float = 0.3) -> tuple[Floats, Floats]:
    random = np.random.default_rng(sorted(SHAPES).index(shape))
    return SHAPES[shape](random, rows, 0.0), SHAPES[shape](random, current, shift)


def test_there_are_fifty_shapes() -> None:
    assert len(SHAPES) == 50


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_exact_ks_and_wasserstein_equal_scipys(shape: str) -> None:
    before, after = _pair(shape, 700, 500)
    f, g = from_sample(before), from_sample(after)

    expected = stats.ks_2samp(before, after, method="exact")

    assert ks_steps(gaps(f, g)) == pytest.approx(expected.statistic, abs=ROUNDING)
    assert ks_test_p_value(ks_steps(gaps(f, g)), 700, 500) == pytest.approx(expected.pvalue, rel=ROUNDING, abs=1e-300)
    assert wasserstein(gaps(f, g)) == pytest.approx(stats.wasserstein_distance(before, after), rel=ROUNDING)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (60, 60), (300, 77), (2000, 1999), (10_000, 500)])
def test_the_exact_ks_p_value_equals_scipys(n: int, m: int) -> None:
    random = np.random.default_rng(n)
    before, after = random.normal(size=n), random.normal(0.1, 1, m)
    expected = stats.ks_2samp(before, after, method="exact")

    found = ks_test_p_value(ks_steps(gaps(from_sample(before), from_sample(after))), n, m)

    assert found == pytest.approx(expected.pvalue, rel=ROUNDING, abs=1e-15)


def test_beyond_ten_thousand_rows_the_limit_distribution_is_within_a_hundredth() -> None:
    random = np.random.default_rng(0)
    before, after = random.normal(size=30_000), random.normal(0.02, 1, 20_000)
    expected = stats.ks_2samp(before, after)

    found = ks_test_p_value(ks_steps(gaps(from_sample(before), from_sample(after))), 30_000, 20_000)

    assert found == pytest.approx(expected.pvalue, rel=0.01)


@pytest.mark.parametrize("bins", [2, 5, 10, 200])
def test_jensen_shannon_and_chi2_equal_scipys(bins: int) -> None:
    random = np.random.default_rng(bins)
    before, after = random.integers(1, 100, bins), random.integers(1, 50, bins)
    expected = stats.chi2_contingency(np.array([before, after]), correction=False)

    assert jensen_shannon(before, after) == pytest.approx(distance.jensenshannon(before, after, base=2), abs=ROUNDING)
    assert chi2(before, after) == pytest.approx(expected.statistic, rel=ROUNDING)
    assert chi2_p_value(float(chi2(before, after)), bins - 1) == pytest.approx(expected.pvalue, rel=ROUNDING)


@pytest.mark.parametrize("table", [(10, 1, 10, 6), (1000, 3, 100, 7), (100_000, 50, 1000, 3), (50, 0, 20, 0)])
def test_fishers_test_equals_scipys(table: tuple[int, int, int, int]) -> None:
    n, a, m, b = table
    expected = stats.fisher_exact([[b, m - b], [a, n - a]], alternative="greater").pvalue

    assert fisher_p_value(n, a, m, b) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_statistics_of_profiles_stay_within_their_published_bounds(shape: str) -> None:
    before, after = _pair(shape, 40_000, 30_000)
    halves = [profile(pa.table({"x": half})) for half in np.array_split(before, 3)]

    report = compare_profiles(merge(halves), profile(pa.table({"x": after})))

    found = report.features[0]
    f, g = from_sample(before), from_sample(after)
    edges = np.array(found.bins.edges if found.bins else ())
    bins = bin_counts(f, edges, 0), bin_counts(g, edges, 0)
    exact = {
        "ks": ks_steps(gaps(f, g)),
        "psi": float(psi(*bins)),
        "jensen_shannon": float(jensen_shannon(*bins)),
        "wasserstein": wasserstein(gaps(f, g)),
    }
    for name, truth in exact.items():
        value = found.measures.get(name, found.value(name) if name in ("ks", "psi") else None)  # type: ignore[arg-type]
        assert value is not None
        assert abs(value - truth) <= found.bounds[name] + 1e-6 + ROUNDING * truth, name  # published with six digits


def test_bounds_are_zero_where_the_profile_knows_every_value() -> None:
    random = np.random.default_rng(3)
    tables = [pa.table({"x": random.poisson(rate, 50_000)}) for rate in (4, 5)]

    found = compare_profiles(*(profile(table) for table in tables)).features[0]

    assert set(found.bounds.values()) == {0.0}
    assert found.value("ks") == pytest.approx(
        stats.ks_2samp(*(table["x"].to_numpy() for table in tables)).statistic, abs=1e-6
    )


def test_ks_is_bounded_by_a_thousandth_at_the_default_accuracy() -> None:
    random = np.random.default_rng(4)
    tables = [profile(pa.table({"x": random.normal(size=200_000)})) for _ in range(2)]

    assert compare_profiles(*tables).features[0].bounds["ks"] < 0.001


def test_the_psi_is_that_of_the_published_bins() -> None:
    random = np.random.default_rng(5)
    before, after = random.lognormal(size=5000), random.lognormal(0.3, 1, 4000)
    found = compare_profiles(profile(pa.table({"x": before})), profile(pa.table({"x": after}))).features[0]
    assert found.bins is not None
    bins, rows = np.array([found.bins.reference, found.bins.current]), len(found.bins.reference) - 1

    p, q = ((side[:-1] + SMOOTHING) / (side.sum() + rows * SMOOTHING) for side in bins)

    assert found.value("psi") == pytest.approx(
        sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True)), abs=1e-6
    )
