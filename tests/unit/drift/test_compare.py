"""Drift between two profiles: what moved, what is left out, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.spatial.distance import jensenshannon

from evergreen.drift.compare import compare_profiles
from evergreen.drift.history import natural_variation
from evergreen.drift.thresholds import PRESETS
from evergreen.profiles.build import profile
from evergreen.profiles.table import TableProfile, merge


def _table(seed: int, rows: int, shift: float = 0.0, **more: Any) -> TableProfile:
    random = np.random.default_rng(seed)
    columns = {
        "amount": random.normal(shift, 1, rows),
        "visits": random.poisson(3, rows),
        "plan": random.choice(["basic", "plus", "pro"], rows, p=[0.5, 0.3, 0.2]),
        "active": random.random(rows) < 0.7,
    }
    return profile(pa.table(columns | more))


def test_equal_worlds_do_not_drift() -> None:
    report = compare_profiles(_table(1, 5000), _table(2, 2000))

    assert report.verdict == "ok"
    assert [feature.name for feature in report.features] == ["amount", "visits", "plan", "active"]


def test_the_feature_that_moved_is_named_first_with_its_size() -> None:
    report = compare_profiles(_table(1, 5000), _table(2, 2000, shift=0.5))

    assert report.verdict == "breach"
    assert report.reason.startswith("Moved: amount (PSI 0.2")
    assert report.ranked[0].name == "amount"
    assert report.ranked[0].measures["wasserstein_sd"] == pytest.approx(0.5, abs=0.1)


def test_the_sensitive_preset_sees_what_the_standard_one_does_not() -> None:
    before, after = _table(1, 20_000), _table(2, 1000, shift=0.2)

    assert compare_profiles(before, after).verdict == "ok"
    assert compare_profiles(before, after, PRESETS["sensitive"]).breaches == ["amount"]


def test_values_that_go_missing_are_told_as_such() -> None:
    random = np.random.default_rng(5)
    gone = np.where(random.random(2000) < 0.12, np.nan, random.normal(size=2000))

    report = compare_profiles(_table(1, 5000), _table(2, 2000, amount=gone))

    moved = {test.statistic for test in report.ranked[0].tests if test.breach}
    assert moved == {"psi", "missing"}


def test_new_categories_are_named() -> None:
    plans = np.array(["basic"] * 950 + ["plus"] * 550 + ["pro"] * 390 + ["team"] * 110)

    report = compare_profiles(_table(1, 5000), _table(2, 2000, plan=plans))

    assert report.ranked[0].new == ("team",)
    assert "new" in {test.statistic for test in report.ranked[0].tests if test.breach}


def test_categories_are_as_far_apart_as_scipy_says_however_rare_each_is() -> None:
    random = np.random.default_rng(5)
    before, after = random.integers(0, 400, 20_000), random.integers(0, 500, 20_000)
    tables = [profile(pa.table({"code": [f"c{code}" for code in codes]})) for codes in (before, after)]

    found = compare_profiles(*tables).features[0].measures["jensen_shannon"]

    counts = [np.bincount(codes, minlength=500) for codes in (before, after)]
    assert found == pytest.approx(jensenshannon(*counts, base=2))
    apart = profile(pa.table({"code": [f"d{code}" for code in after]}))
    assert compare_profiles(tables[0], apart).features[0].measures["jensen_shannon"] == pytest.approx(1.0)


def test_a_column_without_any_value_left_is_a_breach_and_no_error() -> None:
    report = compare_profiles(_table(1, 5000), _table(2, 2000, amount=pa.nulls(2000, pa.float64())))

    assert "amount" in report.breaches


def test_times_parts_of_time_and_ids_are_left_out_with_the_reason() -> None:
    def moving(seed: int, rows: int, month: int) -> TableProfile:
        stamps = pa.array(np.datetime64("2024-01-01") + np.arange(rows), pa.timestamp("s"))
        ids = [f"{month}-{row}" for row in range(rows)]
        return _table(seed, rows, at=stamps, month=np.full(rows, month), key=ids)

    report = compare_profiles(moving(1, 3000, 1), moving(2, 2000, 2))

    assert report.verdict == "ok"
    assert set(report.excluded) == {"at", "month", "key"}
    assert "by construction" in report.excluded["month"]
    assert compare_profiles(moving(1, 3000, 1), moving(2, 2000, 2), include=["month"]).breaches == ["month"]


def test_columns_that_only_one_side_has_are_told() -> None:
    report = compare_profiles(_table(1, 3000, old=np.ones(3000)), _table(2, 2000, extra=np.ones(2000)))

    assert report.excluded == {"old": "not in the current data", "extra": "not in the reference"}


def test_too_few_rows_are_neither_health_nor_harm() -> None:
    assert compare_profiles(_table(1, 5000), _table(2, 50, shift=5)).verdict == "insufficient_data"


def test_months_that_always_differed_do_not_alarm() -> None:
    random = np.random.default_rng(6)
    months = [_table(seed, 2000, shift=random.normal(0, 0.25)) for seed in range(12)]
    next_month = _table(20, 2000, shift=0.45)

    naive = compare_profiles(merge(months), next_month)
    aware = compare_profiles(merge(months), next_month, natural=natural_variation(months))

    assert naive.verdict == "breach"
    assert aware.verdict == "ok"
    assert aware.power.endswith("beyond the natural variation.")


def test_a_month_without_values_does_not_make_every_distance_natural() -> None:
    months = [_table(seed, 500) for seed in range(6)] + [_table(7, 500, amount=pa.nulls(500, pa.float64()))]
    moved = _table(20, 500, shift=3.0)

    report = compare_profiles(merge(months), moved, natural=natural_variation(months))

    assert "ks" in {test.statistic for feature in report.features for test in feature.tests if test.breach}


def test_months_of_too_few_rows_make_the_natural_variation_no_surer() -> None:
    months = [_table(seed, 2000 if seed < 5 else 30) for seed in range(40)]

    natural = natural_variation(months)["amount"]

    assert (natural.windows, natural.degrees) == (5, 4)


def test_twenty_five_columns_that_moved_are_all_found() -> None:
    random = np.random.default_rng(7)
    before, after = (
        profile(pa.table({f"x{at}": random.normal(shift, 1, 50_000) for at in range(25)})) for shift in (0.0, 0.5)
    )

    report = compare_profiles(before, after)

    assert len(report.breaches) == 25
