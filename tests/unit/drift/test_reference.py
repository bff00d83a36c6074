"""The reference: exact counts, one JSON form, natural variation."""

from __future__ import annotations

import json
import tracemalloc
from datetime import timedelta

import numpy as np
import pytest

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


def test_independent_rows_have_next_to_no_natural_variation() -> None:
    columns = normal_columns(np.random.default_rng(3), 90 * 100, 3)

    for feature in reference_of(columns, times=daily_times(90, 100)).features:
        assert feature.natural is not None
        assert feature.natural.degrees == 11
        assert feature.natural.statistics["ks"].spread < 0.03
        assert feature.natural.statistics["psi"].spread < 0.1


def test_days_that_differ_show_as_natural_variation() -> None:
    random = np.random.default_rng(4)
    by_day = np.repeat(random.normal(0, 1, 90), 100)
    feature = reference_of({"x": by_day + random.normal(size=9000)}, times=daily_times(90, 100)).features[0]

    assert feature.natural is not None
    assert feature.natural.statistics["ks"].spread == pytest.approx(0.11, abs=0.05)  # sqrt(1 / 7 / 2) sd of the mean
    assert feature.natural.statistics["ks"].largest > 0.1


def test_a_short_reference_is_cut_into_shorter_windows() -> None:
    natural = reference_of({"x": np.arange(2000.0)}, times=daily_times(20, 100)).features[0].natural

    assert natural is not None
    assert (natural.windows, natural.degrees) == (20, 19)


def test_a_reference_of_a_few_days_has_no_natural_variation() -> None:
    feature = reference_of({"x": np.arange(400.0)}, times=daily_times(4, 100)).features[0]

    assert feature.natural is None


@pytest.mark.parametrize("sentinel", ["1900-01-01", "1970-01-01", "2200-01-01"])
def test_a_time_that_stands_for_none_hides_no_natural_variation(sentinel: str) -> None:
    days = np.repeat(np.random.default_rng(4).normal(0, 1, 90), 100)
    times = daily_times(90, 100)
    known = reference_of({"x": days}, times=times).features[0].natural
    times[50] = np.datetime64(sentinel)

    found = reference_of({"x": days}, times=times).features[0].natural

    assert known is not None
    assert found is not None
    assert found.degrees <= known.degrees + 2
    assert found.statistics["ks"].spread == pytest.approx(known.statistics["ks"].spread, rel=0.1)


def test_short_windows_of_a_long_time_take_little_memory() -> None:
    rows = 20_000
    times = daily_times(1, rows) + np.sort(np.random.default_rng(5).integers(0, 20 * 365 * 86_400, rows)).astype(
        "m8[s]"
    )
    tracemalloc.start()

    reference_of({"x": np.arange(float(rows))}, times=times, window=timedelta(hours=1))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20
