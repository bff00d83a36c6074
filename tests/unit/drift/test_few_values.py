"""Columns of which few rows have a value: what the bins of so few are is chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from evergreen.drift.compare import compare_profiles
from evergreen.drift.verdict import Thresholds, judge_window
from evergreen.profiles.build import profile
from tests.unit.drift.samples import reference_of

SPARSE = pytest.mark.parametrize(("missing", "rows"), [(0.9, 100), (0.95, 150), (0.97, 150), (0.99, 1000)])
WINDOWS = 50


def _column(random: np.random.Generator, rows: int, missing: float) -> Any:
    return np.where(random.random(rows) < missing, np.nan, random.normal(size=rows))


@SPARSE
def test_profiles_of_unchanged_sparse_columns_have_not_drifted(missing: float, rows: int) -> None:
    random = np.random.default_rng(31)
    pairs = [[profile(pa.table({"x": _column(random, n, missing)})) for n in (rows, 5000)] for _ in range(WINDOWS)]

    moved = sum("psi" in _breaches(compare_profiles(*pair)) for pair in pairs)

    assert moved <= 1


@SPARSE
def test_windows_of_unchanged_sparse_columns_have_not_drifted(missing: float, rows: int) -> None:
    random, thresholds = np.random.default_rng(36), Thresholds(psi=0.04, distance=0.05, min_rows=100)
    windows = [
        (reference_of({"x": _column(random, rows, missing)}), _column(random, 5000, missing)) for _ in range(WINDOWS)
    ]

    moved = sum("psi" in _breaches(judge_window(before, {"x": after}, None, thresholds)) for before, after in windows)

    assert moved <= 1


def test_a_sparse_column_that_moved_is_seen() -> None:
    random = np.random.default_rng(33)
    before, after = _column(random, 1000, 0.97), _column(random, 5000, 0.97) + 3

    assert compare_profiles(*(profile(pa.table({"x": side})) for side in (before, after))).verdict == "breach"


def _breaches(report: Any) -> set[str]:
    return {test.statistic for feature in report.features for test in feature.tests if test.breach}
