"""The statistics, against scipy's and against what they mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evergreen.drift.chi2 import chi2, chi2_p_value, pool_sparse
from evergreen.drift.holm import holm
from evergreen.drift.ks import ks_distance, ks_p_value
from evergreen.drift.psi import psi
from evergreen.drift.psi_null import psi_p_value
from evergreen.drift.total_variation import total_variation


def test_psi_is_zero_for_equal_shares_and_symmetric() -> None:
    before, after = np.array([300, 500, 200]), np.array([100, 600, 300])

    assert psi(before, before) == 0
    assert psi(before, after) == pytest.approx(psi(after, before))


def test_psi_stays_finite_when_a_bin_empties() -> None:
    assert 0 < psi(np.array([500, 500]), np.array([1000, 0])) < 10


def test_psi_ignores_bins_that_are_empty_on_both_sides() -> None:
    assert psi(np.array([500, 500, 0]), np.array([400, 600, 0])) == psi(np.array([500, 500]), np.array([400, 600]))


def test_psi_works_on_many_windows_at_once() -> None:
    before, windows = np.array([500, 500]), np.array([[300, 700], [500, 500]])

    assert psi(before, windows).tolist() == [psi(before, windows[0]), 0.0]


def test_psi_p_values_of_an_unchanged_world_are_uniform() -> None:
    random = np.random.default_rng(1)
    before = random.multinomial(5000, [0.1] * 10)
    p_values = [psi_p_value(before, random.multinomial(500, [0.1] * 10), draws=2000) for _ in range(200)]

    assert np.mean(np.array(p_values) < 0.1) == pytest.approx(0.1, abs=0.07)


def test_ks_distance_agrees_with_scipy_when_every_value_is_an_edge() -> None:
    random = np.random.default_rng(2)
    before, after = random.integers(0, 24, 3000), random.integers(2, 24, 800)
    distance = ks_distance(np.bincount(before, minlength=24), np.bincount(after, minlength=24))

    assert distance == pytest.approx(stats.ks_2samp(before, after).statistic, abs=1e-12)


@pytest.mark.parametrize("distance", [0.01, 0.05, 0.1, 0.2])
def test_ks_p_value_agrees_with_scipys_exact_one(distance: float) -> None:
    exact = stats.kstwo.sf(distance, 500)  # two samples of 1000 weigh as one of 500

    assert ks_p_value(distance, 1000, 1000) == pytest.approx(exact, rel=0.05, abs=1e-4)


@pytest.mark.parametrize(("statistic", "degrees"), [(0.1, 1), (3.0, 2), (25.0, 10), (80.0, 40), (9.0, 60)])
def test_chi2_p_value_agrees_with_scipy(statistic: float, degrees: int) -> None:
    assert chi2_p_value(statistic, degrees) == pytest.approx(stats.chi2.sf(statistic, degrees), rel=1e-9, abs=1e-15)


def test_chi2_agrees_with_scipys_contingency_table() -> None:
    before, after = np.array([120, 300, 80]), np.array([20, 40, 60])

    expected = stats.chi2_contingency(np.array([before, after]), correction=False).statistic

    assert chi2(before, after) == pytest.approx(expected)


def test_sparse_categories_are_pooled_before_the_test() -> None:
    before, after = pool_sparse(np.array([900, 95, 3, 2]), np.array([90, 9, 0, 1]))

    assert before.tolist() == [900, 95, 5]
    assert after.tolist() == [90, 9, 1]


def test_total_variation_is_the_share_of_rows_that_moved() -> None:
    assert total_variation(np.array([50, 50]), np.array([100, 0])) == pytest.approx(0.5)
    assert total_variation(np.array([10, 0]), np.array([0, 10])) == pytest.approx(1.0)


def test_holm_stops_at_the_first_p_value_that_fails() -> None:
    assert holm([0.04, 0.001, 0.02], alpha=0.05) == [True, True, True]
    assert holm([0.04, 0.001, 0.03], alpha=0.05) == [False, True, False]
    assert holm([], alpha=0.05) == []
