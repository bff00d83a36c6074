"""Doubles that are sorted as singles: within the bound, or not at all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from evergreen.profiles.build import profile
from evergreen.profiles.quantiles import Floats
from evergreen.profiles.singles import TOGETHER, ascending_singles

ROWS = 100_000
RANDOM = np.random.default_rng(7)
SPREAD = {
    "uniform": RANDOM.random(ROWS),
    "normal": RANDOM.normal(50, 10, ROWS),
    "both signs": RANDOM.normal(0, 1e-6, ROWS),
    "heavy tails": RANDOM.standard_cauchy(ROWS),
    "lognormal": RANDOM.lognormal(3, 2, ROWS),
    "far from zero": RANDOM.normal(3e4, 1e3, ROWS),
    "a few pairs": np.repeat(RANDOM.normal(size=ROWS // 2), 2)[RANDOM.permutation(ROWS)],
}
TOGETHER_OR_BEYOND = {
    "rounded": np.round(RANDOM.normal(100, 15, ROWS), 1),
    "mostly zero": np.where(RANDOM.random(ROWS) < 0.4, 0.0, RANDOM.random(ROWS)),
    "one value of nine rows": np.append(RANDOM.random(ROWS), np.full(9, 0.5)),
    "all in one single": 1e9 + RANDOM.random(ROWS),
    "too small for singles": RANDOM.random(ROWS) * 1e-50,
    "too large for singles": RANDOM.random(ROWS) * 1e300,
    "one infinite": np.append(RANDOM.random(ROWS), np.inf),
    "nothing": np.full(ROWS, np.nan),
    "few": RANDOM.random(1_000),
}


@pytest.mark.parametrize("name", SPREAD)
def test_no_rank_is_wrong_by_more_than_the_numbers_of_one_single(name: str) -> None:
    numbers = SPREAD[name]
    singles = ascending_singles(numbers)
    assert singles is not None
    exact, rounded = np.sort(numbers), singles.astype(float)
    middles = (rounded[1:] + rounded[:-1]) / 2
    for x in (exact, rounded, middles, np.nextafter(rounded, -np.inf), np.nextafter(rounded, np.inf)):
        wrong = exact.searchsorted(x, side="right") - rounded.searchsorted(x, side="right")
        assert np.abs(wrong).max() <= TOGETHER


@pytest.mark.parametrize("name", TOGETHER_OR_BEYOND)
def test_numbers_that_would_fall_together_stay_doubles(name: str) -> None:
    assert ascending_singles(TOGETHER_OR_BEYOND[name]) is None


def test_nan_are_left_out() -> None:
    numbers = SPREAD["normal"].copy()
    numbers[::50] = np.nan
    singles = ascending_singles(numbers)
    assert singles is not None
    assert len(singles) == ROWS - len(numbers[::50])


@pytest.mark.parametrize("name", [*SPREAD, *TOGETHER_OR_BEYOND])
def test_a_profile_is_within_the_bound_that_it_carries(name: str) -> None:
    numbers: Floats = (SPREAD | TOGETHER_OR_BEYOND)[name]
    column = profile(pa.table({"x": numbers})).columns["x"]
    finite = np.sort(numbers[np.isfinite(numbers)])
    if not len(finite):
        assert column.values == 0
        return
    assert (column.min, column.max, column.values) == (finite[0], finite[-1], len(finite))
    assert column.quantiles is not None
    x = np.concatenate((finite, finite + 1e-9, column.quantiles.values))
    wrong = np.abs(column.quantiles.cdf(x) * len(finite) - finite.searchsorted(x, side="right"))
    assert round(wrong.max()) <= column.quantiles.rank_error <= max(len(finite) / 2048, 1)
    distinct = len(np.unique(finite))
    assert abs(column.distinct - distinct) <= 5 * column.distinct_error * distinct


def test_nulls_and_nan_are_told_apart_and_minus_zero_is_zero() -> None:
    numbers = SPREAD["both signs"].copy()
    numbers[:3], numbers[3] = -0.0, 0.0
    rows: list[float | None] = numbers.tolist()
    rows[10], rows[11], rows[12] = None, np.nan, None
    column = profile(pa.table({"x": pa.array(rows, pa.float64(), from_pandas=False)})).columns["x"]
    assert (column.count, column.nulls, column.nans, column.infinities) == (ROWS, 2, 1, 0)
    kept = np.array([row for row in rows if row is not None])
    same = profile(pa.table({"x": np.where(kept == 0.0, 0.0, kept)})).columns["x"]
    assert column.sketch is not None
    assert same.sketch is not None
    assert (column.sketch.hashes == same.sketch.hashes).all()
    assert (column.min, column.max, column.mean) == (same.min, same.max, pytest.approx(same.mean, rel=1e-12))
