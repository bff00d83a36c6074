"""The reference: exact counts, one JSON form, natural variation."""

from __future__ import annotations

import json

import numpy as np

from evergreen.drift.ks import ks_distance
from evergreen.drift.reference import Reference, build_reference
from tests.unit.drift.samples import WEEK, categories, daily_times, normal_columns, reference_of


def test_a_reference_survives_json_and_is_the_same_every_time() -> None:
    random = np.random.default_rng(0)
    columns = {"a": random.normal(size=2000), "c": categories(random, 2000, [0.4, 0.3, 0.2, 0.1])}
    times = daily_times(40, 50)
    kinds = {"a": "number", "c": "category"}

    first = build_reference(columns, kinds, columns["a"], times, WEEK)  # type: ignore[arg-type]
    again = build_reference(dict(reversed(columns.items())), kinds, columns["a"], times, WEEK)  # type: ignore[arg-type]

    assert json.dumps(first) == json.dumps(again)
    assert Reference.from_json(json.loads(json.dumps(first))).features[1].cells.values == ("AA", "B6", "DL", "UA")


def test_counts_are_exact_and_missing_values_are_apart() -> None:
    feature = reference_of({"x": np.array([1.0, 2.0, 2.0, np.nan])}).features[0]

    assert feature.counts.sum() == 4
    assert feature.counts[-1] == 1
    assert feature.count(np.array([0.5, 1.0, 99.0, np.nan, np.nan])).tolist()[-3:] == [0, 1, 2]


def test_values_beyond_the_reference_have_cells_of_their_own() -> None:
    feature = reference_of({"x": np.full(100, 5.0)}).features[0]

    assert ks_distance(feature.counts[:-1], feature.count(np.full(100, 6.0))[:-1]) == 1.0
    assert ks_distance(feature.counts[:-1], feature.count(np.full(100, 4.0))[:-1]) == 1.0


def test_an_unseen_category_counts_as_other() -> None:
    column = np.array(["AA"] * 90 + ["UA"] * 10, dtype=object)
    feature = reference_of({"carrier": column}, {"carrier": "category"}).features[0]

    assert feature.count(np.array(["UA", "ZZ", None], dtype=object)).tolist() == [0, 1, 1, 1]


def test_booleans_are_alike_in_every_spelling() -> None:
    feature = reference_of({"b": np.array([True, False, True, None], dtype=object)}, {"b": "boolean"}).features[0]

    numbers = feature.count(np.array([1.0, 0.0, 1.0, np.nan]))

    assert numbers.tolist() == feature.counts.tolist() == [2, 1, 0, 1]


def test_a_column_without_any_value_is_no_error() -> None:
    feature = reference_of({"x": np.full(10, np.nan)}).features[0]

    assert feature.counts.tolist()[-1] == 10


def test_independent_rows_have_a_design_effect_near_one() -> None:
    columns = normal_columns(np.random.default_rng(3), 90 * 100, 3)

    for feature in reference_of(columns, times=daily_times(90, 100)).features:
        assert feature.natural is not None
        assert feature.natural.psi_effect < 2


def test_days_that_differ_show_as_a_large_design_effect() -> None:
    random = np.random.default_rng(4)
    by_day = np.repeat(random.normal(0, 1, 90), 100)
    feature = reference_of({"x": by_day + random.normal(size=9000)}, times=daily_times(90, 100)).features[0]

    assert feature.natural is not None
    assert feature.natural.psi_effect > 5
    assert feature.natural.distance_effect > 5


def test_a_reference_shorter_than_two_windows_has_no_natural_variation() -> None:
    feature = reference_of({"x": np.arange(1000.0)}, times=daily_times(10, 100)).features[0]

    assert feature.natural is None
