"""Lists of categories that no profile keeps: replaced ones are seen, stable ones never are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from evergreen.drift.compare import compare_profiles
from evergreen.drift.long_lists import certainly_new, most_shared
from evergreen.drift.report import DriftReport
from evergreen.profiles.build import profile
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.distinct import sketch
from evergreen.profiles.hashing import hash_numbers
from evergreen.profiles.table import TableProfile, merge

RANDOM = np.random.default_rng(21)


def _profile(names: Any, parts: int = 1) -> TableProfile:
    return merge([profile(pa.table({"x": pa.array(part)})) for part in np.array_split(np.asarray(names), parts)])


def _column(names: Any, parts: int = 1) -> ColumnProfile:
    return _profile(names, parts).columns["x"]


def _compared(before: TableProfile, after: TableProfile) -> DriftReport:
    return compare_profiles(before, after, include=["x"])


@pytest.mark.parametrize(("rows", "parts"), [(3000, 1), (90_000, 1), (90_000, 8)])
def test_categories_of_equal_counts_that_gave_way_to_others_have_moved(rows: int, parts: int) -> None:
    before, after = (_profile([f"{side} {row % 1500}" for row in range(rows)], parts) for side in ("old", "new"))

    report = _compared(before, after)

    assert [test.statistic for test in report.features[0].tests if test.breach] == ["new"]
    assert 0.85 < (report.features[0].value("new") or 0.0) <= 1.0


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("sizes", [(2000, 20_000), (20_000, 2000), (20_000, 20_000)])
def test_a_stable_long_list_shows_nothing_that_is_certainly_new(exponent: float, sizes: tuple[int, int]) -> None:
    names, weights = np.array([f"k{at}" for at in range(3000)]), 1 / np.arange(1, 3001) ** exponent
    before, after = (_profile(RANDOM.choice(names, rows, p=weights / weights.sum()), 3) for rows in sizes)

    assert "x" not in _compared(before, after).breaches


def test_no_more_rows_are_called_new_than_are() -> None:
    for _ in range(20):
        shared, size = int(RANDOM.integers(0, 1500)), int(RANDOM.integers(1200, 3000))
        before = RANDOM.integers(0, size, 8000)
        after = RANDOM.integers(size - shared, 2 * size - shared, 8000)
        new = int((~np.isin(after, before)).sum())

        found = certainly_new(*(_column([f"k{at}" for at in side], 2) for side in (before, after)))

        assert found.rows <= new


@pytest.mark.parametrize(
    "sizes", [(100, 100, 0), (5000, 5000, 0), (5000, 5000, 2500), (1500, 90_000, 1500), (10, 5000, 10)]
)
def test_the_most_that_two_sketches_share_is_no_less_than_they_do(sizes: tuple[int, int, int]) -> None:
    one, other, shared = sizes
    for at in range(20):
        values = np.arange(at * 200_000, at * 200_000 + one + other - shared)

        bound = most_shared(*(sketch(hash_numbers(side)) for side in (values[:one], values[one - shared :])))

        assert shared <= bound <= min(sizes[:2]) * 1.2 + 1
