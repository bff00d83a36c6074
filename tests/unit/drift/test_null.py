"""What chance does, and what windows do by nature: the nulls behind the p-values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evergreen.drift.ks import ks_p_value
from evergreen.drift.missing import missing_change, missing_p_value
from evergreen.drift.new_categories import new_categories
from evergreen.drift.predictive import predictive_p_value
from evergreen.drift.psi import psi
from evergreen.drift.psi_null import psi_null, psi_p_value


@pytest.mark.parametrize("expected", [20, 50, 500])
def test_half_of_a_psi_is_beyond_chi_squared_never_more_often_than_chance_is(expected: int) -> None:
    before, after = np.full(10, 20 * expected), np.full(10, expected)
    null = psi_null(before, after, 100_000)

    for level in (0.01, 0.001, 0.0001):
        half = np.quantile(null, 1 - level) * 10 * expected * 20 / 21 / 2
        assert stats.chi2.sf(half, 9) > 10 * level


def test_a_psi_far_beyond_chance_is_not_simulated_and_is_significant() -> None:
    before, after = np.array([5000] * 10), np.array([50] * 5 + [150] * 5)

    assert psi_p_value(before, after, draws=10**9) < 1e-12


def test_chi_squared_is_wrong_in_the_tail_of_a_small_sample() -> None:
    null = psi_null(np.full(10, 500), np.full(10, 3), 50_000)

    assert np.mean(null > stats.chi2.ppf(0.99, 9) * (1 / 30 + 1 / 5000)) < 0.005


def test_features_with_about_equal_bins_share_one_simulation() -> None:
    random = np.random.default_rng(1)
    first, second = (psi_null(np.full(10, 500), random.multinomial(1050, [0.1] * 10), 2000) for _ in range(2))

    assert first is second


def test_a_world_that_differs_by_nature_needs_a_larger_distance() -> None:
    def noise(x: float) -> float:
        return ks_p_value(x, 10_000, 1000)

    p_values = [predictive_p_value(0.15, noise, spread=spread, degrees=11) for spread in (0.0, 0.01, 0.03, 0.1)]

    assert p_values == sorted(p_values)
    assert p_values[0] == noise(0.15)
    assert p_values[-1] > 0.1


def test_many_windows_tell_more_than_few() -> None:
    def noise(x: float) -> float:
        return float(x <= 0)

    few, many = (predictive_p_value(0.4, noise, spread=0.1, degrees=degrees) for degrees in (4, 400))

    assert many == pytest.approx(2 * stats.t.sf(4, 200), rel=1e-3)
    assert few == pytest.approx(2 * stats.t.sf(4, 4), rel=1e-3)


def test_noise_and_nature_add_their_squares() -> None:
    def noise(x: float) -> float:
        return float(2 * stats.norm.sf(x))

    assert predictive_p_value(3.0, noise, spread=1.0, degrees=200) == pytest.approx(np.exp(-4.5), rel=0.15)  # Rayleigh


def test_missing_values_change_in_both_directions() -> None:
    assert missing_change(100, 10, 100, 0) == -0.1
    assert missing_p_value(10_000, 1000, 1000, 10) < 1e-6
    assert missing_p_value(10_000, 1000, 1000, 100) > 0.5


def test_where_many_categories_were_seen_once_new_ones_are_no_news() -> None:
    long_tail = {f"id-{at}": 1 for at in range(500)} | {"common": 500}
    window = {f"new-{at}": 1 for at in range(100)} | {"common": 100}

    assert new_categories(long_tail, window).p > 0.1
    assert new_categories({"common": 1000}, window).p < 1e-6


@pytest.mark.parametrize("rows", [2000, 50_000])
def test_categories_that_were_there_by_chance_are_as_rarely_news_as_the_p_value_says(rows: int) -> None:
    random = np.random.default_rng(3)
    p_values = []
    for _ in range(400):
        before, after = (dict(enumerate(random.multinomial(n, np.full(900, 1 / 900)))) for n in (2000, rows))
        p_values.append(new_categories(before, after).p)

    assert (np.array(p_values) < 0.01).mean() < 0.02


def test_the_psi_of_unchanged_samples_exceeds_its_null_as_often_as_it_should() -> None:
    random = np.random.default_rng(2)
    shares = np.array([0.5, 0.3, 0.15, 0.04, 0.01])
    before = random.multinomial(2000, shares)
    windows = random.multinomial(300, shares, 400)

    p_values = np.array([psi_p_value(before, window, draws=2000) for window in windows])

    assert psi(before, windows).shape == (400,)
    assert np.mean(p_values < 0.05) < 0.1
