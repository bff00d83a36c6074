"""The same numbers in single and in double precision have not drifted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from evergreen.drift.compare import compare_profiles
from evergreen.drift.verdict import Thresholds, judge_window
from evergreen.profiles.build import profile
from tests.unit.drift.samples import reference_of

TENTHS = np.random.default_rng(41).integers(0, 10, 5000) / 10
SINGLE = TENTHS.astype(np.float32)


@pytest.mark.parametrize("sides", [(SINGLE, TENTHS), (TENTHS, SINGLE)])
def test_profiles_of_either_precision_are_alike(sides: tuple[np.ndarray, np.ndarray]) -> None:
    feature = compare_profiles(*(profile(pa.table({"x": side})) for side in sides)).features[0]

    assert (feature.value("ks"), feature.value("psi")) == (0.0, 0.0)


def test_requests_in_doubles_fall_into_the_cells_of_single_precision() -> None:
    reference = reference_of({"x": SINGLE.astype(float)})

    report = judge_window(reference, {"x": TENTHS[:1000]}, None, Thresholds(min_rows=100))

    assert report.features[0].value("ks") == pytest.approx(0.0, abs=0.05)
    assert reference.features[0].count(TENTHS).tolist() == reference.features[0].counts.tolist()


def test_large_whole_numbers_that_moved_a_little_have_moved() -> None:
    before, after = (profile(pa.table({"x": np.full(500, value)})) for value in (2.0**24, 2.0**24 + 1))

    assert compare_profiles(before, after).breaches == ["x"]
