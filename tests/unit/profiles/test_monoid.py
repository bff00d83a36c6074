from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.profiles.build import profile, profile_batches
from evergreen.profiles.table import MOST_PARTS, TableProfile, merge

START = datetime(2013, 1, 1, tzinfo=UTC)
ROW = st.fixed_dictionaries(
    {
        "float": st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.5]),
        "integer": st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
        "flag": st.none() | st.booleans(),
        "text": st.none() | st.text(max_size=12) | st.sampled_from(["a", "b", "é" * 101]),
        "time": st.none() | st.integers(0, 10**6).map(lambda seconds: START + timedelta(seconds=seconds)),
        "nothing": st.none(),
    }
)
SCHEMA = pa.schema(
    {
        "float": pa.float64(),
        "integer": pa.int64(),
        "flag": pa.bool_(),
        "text": pa.string(),
        "time": pa.timestamp("us", "Europe/Berlin"),
        "nothing": pa.null(),
    }
)
EXACT = ("name", "kind", "count", "nulls", "nans", "infinities", "min", "max", "top", "others", "distinct", "lengths")


def table(rows: Sequence[dict[str, object]]) -> pa.Table:
    arrays = [
        pa.array([row[name] for row in rows], SCHEMA.field(name).type, from_pandas=False) for name in SCHEMA.names
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def same(a: float | None, b: float | None, scale: float) -> bool:
    return (a is None or b is None) if a is None or b is None else math.isclose(a, b, rel_tol=1e-9, abs_tol=scale)


@given(st.lists(ROW, max_size=40), st.lists(st.integers(0, 40), max_size=4))
@settings(deadline=None, max_examples=150)
def test_the_profile_of_all_rows_is_the_merge_of_the_parts(rows: list[dict[str, object]], cuts: list[int]) -> None:
    whole = table(rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [whole.slice(low, high - low) for low, high in pairwise(edges)]

    merged, direct = merge([profile(part) for part in parts]), profile(whole)

    assert merged.rows == direct.rows == len(rows)
    for name, theirs in direct.columns.items():
        mine = merged.columns[name]
        assert [getattr(mine, each) for each in EXACT] == [getattr(theirs, each) for each in EXACT]
        size = max((abs(float(v)) for v in (theirs.min, theirs.max) if isinstance(v, int | float)), default=0.0)
        if size < 1e150:
            assert same(mine.mean, theirs.mean, 1e-9 * size)
            assert same(mine.m2, theirs.m2, 1e-9 * size * size)
        if theirs.quantiles is not None and mine.quantiles is not None:
            assert mine.quantiles.points()[0].tolist() == theirs.quantiles.points()[0].tolist()
            assert mine.quantiles.points()[1].tolist() == theirs.quantiles.points()[1].tolist()


@given(st.lists(st.lists(ROW, max_size=8), min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_equal_objects_give_equal_bytes_in_any_order_and_nesting(
    objects: list[list[dict[str, object]]], random: object
) -> None:
    parts = [profile(table(rows)) for rows in objects]
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    flat = merge(parts).to_bytes()

    assert merge(shuffled).to_bytes() == flat
    assert reduce(lambda a, b: merge([a, b]), shuffled, merge([])).to_bytes() == flat
    assert merge([merge(shuffled[:2]), merge(shuffled[2:])]).to_bytes() == flat


def parts_of(count: int, rows: int) -> tuple[list[TableProfile], pa.Table]:
    rng = np.random.default_rng(count)
    whole = pa.table(
        {
            "x": rng.lognormal(0, 1, count * rows),
            "y": np.round(rng.normal(size=count * rows), 1),
            "c": [f"c{level}" for level in rng.integers(0, 3000, count * rows)],
        }
    )
    return [profile(whole.slice(at * rows, rows)) for at in range(count)], whole


def test_720_sequential_merges_are_one_flat_merge() -> None:
    parts, whole = parts_of(720, 60)

    merged = reduce(lambda a, b: merge([a, b]), parts)

    assert merged.to_bytes() == merge(parts[::-1]).to_bytes()
    x = merged.columns["x"].quantiles
    assert x is not None
    truth = np.sort(whole["x"].to_numpy())
    rank = np.arange(1, len(truth) + 1) / len(truth)
    assert np.abs(x.cdf(truth) - rank).max() <= x.error + 1e-12 < 1e-3
    assert merged.columns["x"].mean == pytest.approx(truth.mean(), rel=1e-12)
    assert merged.columns["y"].variance == pytest.approx(whole["y"].to_numpy().var(), rel=1e-12)


def test_frequent_values_are_undercounted_by_no_more_than_the_bound() -> None:
    rng = np.random.default_rng(3)
    values = rng.zipf(1.3, 200_000) % 50_000
    merged = merge([profile(pa.table({"x": piece})) for piece in np.array_split(values, 11)]).columns["x"]
    texts = profile(pa.table({"x": [f"v{value}" for value in values]})).columns["x"]
    truth = dict(zip(*(each.tolist() for each in np.unique(values, return_counts=True)), strict=True))

    counted = dict(merged.top)

    assert not merged.exact
    assert all(0 <= truth[value] - counted.get(value, 0) <= merged.top_error for value in truth)
    assert all(0 <= truth[int(v[1:])] - count <= texts.top_error for v, count in texts.top)
    assert merged.others == len(values) - sum(counted.values())
    assert merged.top_error < len(values) / 100


@pytest.mark.parametrize("distinct", [5, 1000, 5000, 120_000])
def test_distinct_values_are_estimated_within_five_standard_errors(distinct: int) -> None:
    numbers = np.random.default_rng(distinct).integers(0, distinct, 3 * distinct)
    truth = len(np.unique(numbers))

    for values in (numbers, numbers / 8, [f"user-{number:09d}" for number in numbers], numbers * 10**12):
        found = merge([profile(pa.table({"x": piece})) for piece in np.array_split(values, 3)]).columns["x"]
        assert abs(found.distinct - truth) <= 5 * found.distinct_error * truth
        assert (found.distinct == truth) == (found.distinct_error == 0) or truth > 1024


def test_too_many_parts_are_compressed_to_one_and_stay_within_the_bound() -> None:
    parts = [profile(pa.table({"x": [float(at)]})) for at in range(MOST_PARTS + 5)]

    merged = reduce(lambda a, b: merge([a, b]), parts)

    assert len(merged.parts) <= MOST_PARTS
    assert merged.columns["x"].top[0][1] == 1 and merged.rows == MOST_PARTS + 5  # noqa: PT018


def test_a_stream_of_batches_gives_what_the_table_gives_whatever_the_threads() -> None:
    rng = np.random.default_rng(1)
    whole = pa.table(
        {"x": rng.normal(size=300_000), "y": rng.poisson(3, 300_000), "c": rng.choice(["a", "b"], 300_000)}
    )

    direct = profile(whole)
    streamed = profile_batches(iter(whole.to_batches(max_chunksize=7_000)), whole.schema, threads=2)

    assert profile(whole, threads=2).to_bytes() == direct.to_bytes()
    assert streamed.columns["y"].top == direct.columns["y"].top
    assert streamed.columns["x"].mean == pytest.approx(direct.columns["x"].mean, rel=1e-12)
    assert streamed.columns["x"].m2 == pytest.approx(direct.columns["x"].m2, rel=1e-12)
    x, truth = streamed.columns["x"].quantiles, np.sort(whole["x"].to_numpy())
    assert x is not None
    assert np.abs(x.cdf(truth) - np.arange(1, 300_001) / 300_000).max() <= x.error + 1e-12 < 1e-3
    assert streamed.correlation.matrix == pytest.approx(np.corrcoef(whole["x"], whole["y"]), abs=1e-5)


def test_a_column_takes_at_most_50_kilobytes() -> None:
    rng = np.random.default_rng(1)
    columns = {f"n{at}": rng.normal(size=20_000) for at in range(8)}
    columns |= {f"t{at}": [f"{value:.60f}" for value in rng.integers(0, 1500, 20_000) / 7] for at in range(4)}

    merged = merge([profile(pa.table(columns).slice(at * 2_000, 2_000)) for at in range(10)])

    assert len(merged.to_bytes()) <= 50_000 * len(columns)
