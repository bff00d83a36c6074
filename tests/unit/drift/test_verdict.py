"""Verdicts: no alarm in an unchanged world, an alarm when it moved enough, and silence on too few rows."""

from __future__ import annotations

import numpy as np
import pytest

from evergreen.drift.cells import NAMED, VALUES
from evergreen.drift.verdict import Thresholds, judge_window
from tests.unit.drift.samples import categories, daily_times, normal_columns, reference_of

SENSITIVE = Thresholds(psi=0.04, distance=0.05, min_rows=100)
DEFAULT = Thresholds(min_rows=100)


@pytest.mark.parametrize(("rows", "features"), [(100, 5), (100, 50), (1000, 20)])
def test_an_unchanged_world_raises_almost_no_finding(rows: int, features: int) -> None:
    random = np.random.default_rng(5)
    reference = reference_of(normal_columns(random, 20_000, features))

    verdicts = [
        judge_window(reference, normal_columns(random, rows, features), None, SENSITIVE).verdict for _ in range(60)
    ]

    assert verdicts.count("breach") <= 2


def test_a_shift_of_a_third_of_a_standard_deviation_is_seen() -> None:
    random = np.random.default_rng(6)
    reference = reference_of(normal_columns(random, 20_000, 20))
    moved = normal_columns(random, 1000, 20) | {"x3": random.normal(0.4, 1, 1000)}

    report = judge_window(reference, moved, None, DEFAULT)

    assert report.verdict == "breach"
    assert report.breaches == ["x3"]
    assert "x3" in report.reason


def test_a_significant_but_tiny_shift_is_no_finding() -> None:
    random = np.random.default_rng(7)
    reference = reference_of(normal_columns(random, 100_000, 5))

    assert judge_window(reference, normal_columns(random, 100_000, 5, shift=0.05), None, DEFAULT).verdict == "ok"


def test_days_that_always_differed_raise_no_finding_and_would_without_the_windows_of_the_reference() -> None:
    random = np.random.default_rng(8)
    by_day = np.repeat(random.normal(0, 1, 97), 200) + random.normal(size=97 * 200)
    past, week = {"x": by_day[:-1400]}, {"x": by_day[-1400:]}

    naive = judge_window(reference_of(past), week, None, DEFAULT)
    aware = judge_window(reference_of(past, times=daily_times(90, 200)), week, None, DEFAULT)

    assert naive.verdict == "breach"
    assert aware.verdict == "ok"


def test_a_shift_beyond_the_natural_variation_is_seen() -> None:
    random = np.random.default_rng(9)
    by_day = np.repeat(random.normal(0, 0.3, 90), 200) + random.normal(size=90 * 200)
    reference = reference_of({"x": by_day}, times=daily_times(90, 200))

    assert judge_window(reference, {"x": random.normal(1.5, 1, 1400)}, None, DEFAULT).verdict == "breach"


def test_categories_that_change_places_are_seen() -> None:
    random = np.random.default_rng(10)
    reference = reference_of({"c": categories(random, 20_000, [0.4, 0.3, 0.2, 0.1])}, {"c": "category"})

    report = judge_window(reference, {"c": categories(random, 1000, [0.1, 0.2, 0.3, 0.4])}, None, DEFAULT)

    assert report.verdict == "breach"
    assert report.features[0].value("tv") == pytest.approx(0.4, abs=0.05)
    assert report.features[0].value("ks") is None


@pytest.mark.parametrize(("values", "rows"), [(300, 5000), (400, 1000), (50, 600), (95, 200), (105, 200), (105, 2000)])
def test_categories_that_were_frequent_by_chance_raise_no_finding_when_they_no_longer_are(
    values: int, rows: int
) -> None:
    random = np.random.default_rng(8)
    names = np.array([f"k{value}" for value in range(values)], dtype=object)
    reference = reference_of({"carrier": random.choice(names, rows)}, {"carrier": "category"})

    verdicts = [
        judge_window(reference, {"carrier": random.choice(names, 600)}, None, DEFAULT).verdict for _ in range(20)
    ]

    assert verdicts.count("breach") <= 1


def test_many_even_categories_that_give_way_to_others_are_seen() -> None:
    random = np.random.default_rng(9)
    names = np.array([f"k{value}" for value in range(300)], dtype=object)
    reference = reference_of({"carrier": random.choice(names, 20_000)}, {"carrier": "category"})

    report = judge_window(reference, {"carrier": np.array(["new"] * 600, dtype=object)}, None, DEFAULT)

    assert report.verdict == "breach"


def test_frequent_categories_that_lose_rows_to_a_new_one_have_changed_by_as_many() -> None:
    names = np.array([f"k{value}" for value in range(20)], dtype=object)
    reference = reference_of({"carrier": np.tile(names, 100)}, {"carrier": "category"})
    window = np.append(np.tile(names, 44), ["new"] * 120).astype(object)

    report = judge_window(reference, {"carrier": window}, None, DEFAULT)

    assert report.features[0].value("tv") == pytest.approx(0.12)


def test_values_that_go_missing_are_drift() -> None:
    random = np.random.default_rng(11)
    reference = reference_of(normal_columns(random, 10_000, 1))
    column = np.where(random.random(1000) < 0.3, np.nan, random.normal(size=1000))

    report = judge_window(reference, {"x0": column}, None, DEFAULT)

    assert report.verdict == "breach"
    assert report.features[0].missing == pytest.approx(0.3, abs=0.05)


def test_too_few_rows_are_neither_health_nor_harm() -> None:
    random = np.random.default_rng(12)
    reference = reference_of(normal_columns(random, 10_000, 3))

    report = judge_window(reference, normal_columns(random, 99, 3, shift=5), None, DEFAULT)

    assert report.verdict == "insufficient_data"
    assert report.reason == "99 rows in the window, and a verdict needs 100."


def test_an_empty_window_is_insufficient() -> None:
    reference = reference_of(normal_columns(np.random.default_rng(13), 1000, 2))
    empty = {"x0": np.array([]), "x1": np.array([])}

    assert judge_window(reference, empty, np.array([]), DEFAULT).verdict == "insufficient_data"


def test_excluded_columns_are_not_judged() -> None:
    random = np.random.default_rng(14)
    reference = reference_of(normal_columns(random, 10_000, 2))

    report = judge_window(reference, normal_columns(random, 1000, 2, shift=3), None, DEFAULT, excluded=["x0"])

    assert report.breaches == ["x1"]


def test_scores_are_measured_beside_the_features_and_not_judged() -> None:
    random = np.random.default_rng(15)
    reference = reference_of(normal_columns(random, 10_000, 1), scores=random.random(10_000))

    report = judge_window(reference, normal_columns(random, 1000, 1), random.random(1000) / 2, DEFAULT)

    assert report.verdict == "ok"
    assert report.score is not None
    assert (report.score.value("ks") or 0) > 0.4


def test_every_report_says_what_it_can_see() -> None:
    random = np.random.default_rng(16)
    reference = reference_of(normal_columns(random, 10_000, 5))

    report = judge_window(reference, normal_columns(random, 1000, 5), None, DEFAULT)

    assert report.power.startswith("With 1,000 rows it sees mean shifts of 0.3")
    assert report.to_dict()["features"][0]["verdict"] == "ok"


@pytest.mark.parametrize("categories", [NAMED, NAMED + 1, 1000, VALUES])
def test_a_new_category_beside_as_many_as_have_cells_is_seen(categories: int) -> None:
    names = np.array([f"k{value}" for value in range(categories)], dtype=object)
    random = np.random.default_rng(categories)
    reference = reference_of({"carrier": np.tile(names, 50)}, {"carrier": "category"})
    known = random.choice(names, 1000)

    moved, still = (
        judge_window(reference, {"carrier": window.astype(object)}, None, DEFAULT)
        for window in (np.append(known, ["new"] * 80), known)
    )

    assert "new" in [test.statistic for test in moved.features[0].tests if test.breach]
    assert still.verdict == "ok"


def test_where_even_more_categories_occur_nobody_knows_which_are_new() -> None:
    names = np.array([f"k{value}" for value in range(VALUES + 1)], dtype=object)
    reference = reference_of({"carrier": np.tile(names, 5)}, {"carrier": "category"})

    report = judge_window(reference, {"carrier": np.array(["new"] * 1000, dtype=object)}, None, DEFAULT)

    assert "new" not in [test.statistic for test in report.features[0].tests]


def test_categories_beyond_the_first_are_compared_together() -> None:
    random = np.random.default_rng(1)
    names = np.array([f"k{value}" for value in range(3000)], dtype=object)
    shares = 1 / np.arange(10, 3010)
    shares /= shares.sum()
    reference = reference_of({"carrier": random.choice(names, 60_000, p=shares)}, {"carrier": "category"})

    still = judge_window(reference, {"carrier": random.choice(names, 800, p=shares)}, None, DEFAULT)
    gone = judge_window(reference, {"carrier": random.choice(names[:50], 800)}, None, DEFAULT)

    assert still.verdict == "ok"
    assert still.features[0].value("tv") == pytest.approx(0.1, abs=0.06)  # of 3,000 counts it would be 0.5 by chance
    assert gone.breaches == ["carrier"]
