"""Which rows a model is made of: data.prepare in the job, on real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.errors import DataRefused
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project
from tests.unit.training.conftest import TRIPS, trips
from tests.unit.training.jobs import Workshop
from training.kept import LEFT_OUT, kept_rows, without_outliers
from training.split import TEST, TRAIN, VALIDATION


def project(*steps: str) -> Project:
    return parse_project(f"project: p\ntarget: y\ndata:\n  dataset: d\n  prepare: [{', '.join(steps)}]\n")


TABLE = pa.table(
    {
        "k": ["a", "b", "a", None, None, "b"],
        "n": pa.array([1.0, 0.0, 1.0, float("nan"), float("nan"), -0.0]),
        "y": [0, 1, 0, 1, 1, 1],
        "at": list(range(6)),
    }
)


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        ("{drop_duplicates: k}", [0, 1, 3, 4]),
        ("{drop_duplicates: {columns: k, keep: last}}", [2, 3, 4, 5]),
        ("{drop_duplicates: n}", [0, 1, 3, 4]),
        ("{drop_duplicates: [k, y]}", [0, 1, 3, 4]),
        ('{filter: "n > 0"}', [0, 2]),
        ('{filter: "k is null or n = 0"}', [1, 3, 4, 5]),
        ("{filter: \"not (k = 'a')\"}", [1, 5]),
    ],
)
def test_keeps_rows(step: str, kept: list[int]) -> None:
    assert kept_rows(TABLE, project(step))["at"].to_pylist() == kept


def test_rows_alike_in_all_columns_are_one_missing_values_included() -> None:
    found = kept_rows(TABLE.drop_columns(["at"]), project('{drop_duplicates: "*"}'))

    assert [str(row) for row in found.to_pylist()] == [
        "{'k': 'a', 'n': 1.0, 'y': 0}", "{'k': 'b', 'n': 0.0, 'y': 1}", "{'k': None, 'n': nan, 'y': 1}",
    ]  # fmt: skip


def test_duplicates_are_those_that_a_set_finds() -> None:
    random = np.random.default_rng(0)
    table = pa.table({name: random.integers(0, 9, 3_000) for name in "abcd"} | {"y": random.integers(0, 2, 3_000)})
    rows = list(zip(*(table[name].to_pylist() for name in "abc"), strict=True))
    first = sorted({row: at for at, row in reversed(list(enumerate(rows)))}.values())

    assert kept_rows(table, project("{drop_duplicates: [a, b, c]}")).equals(table.take(first))


def test_steps_are_taken_in_their_order() -> None:
    one = kept_rows(TABLE, project("{drop_duplicates: y}", '{filter: "n > 0"}'))
    other = kept_rows(TABLE, project('{filter: "at > 1"}', "{drop_duplicates: y}"))

    assert (one["at"].to_pylist(), other["at"].to_pylist()) == ([0], [2, 3])


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ('{filter: "n > 99"}', r"data\.prepare\[0\]\.filter: keeps none of 6 rows"),
        ('{filter: "k > 1"}', r"data\.prepare\[0\]\.filter: at character 3: k is a text and cannot be compared"),
        ('{filter: "z > 1"}', r"data\.prepare\[0\]\.filter: the data version has no column z"),
        ("{drop_duplicates: z}", r"data\.prepare\[0\]\.drop_duplicates: the data version has no column z"),
    ],
)
def test_says_what_the_data_contradicts(step: str, problem: str) -> None:
    with pytest.raises(DataRefused, match=problem):
        kept_rows(TABLE, project(step))


def test_outliers_of_training_rows_only_by_their_own_spread() -> None:
    values = np.concatenate([np.zeros(50), np.ones(50), [1e6, 1e6, 1e6]])
    side = np.full(103, TRAIN, np.int8)
    side[101], side[102] = VALIDATION, TEST
    table = pa.table({"n": values, "y": np.arange(103) % 2})

    found = without_outliers(side, table, project("{drop_outliers: {n: 3sd}}"))

    assert np.flatnonzero(found == LEFT_OUT).tolist() == [100]
    assert found[101:].tolist() == [VALIDATION, TEST]
    with pytest.raises(DataRefused, match="outliers are numbers"):
        without_outliers(side, pa.table({"n": ["x"] * 103}), project("{drop_outliers: {n: 3sd}}"))


def test_a_model_is_trained_evaluated_and_served_of_what_was_prepared(tmp_path: Path) -> None:
    steps = """\
  prepare:
    - {drop_duplicates: trip_id}
    - {filter: "delay < 1000"}
    - {drop_outliers: {distance: 3sd}}
    - {clip: {distance: {min: 0}}}
    - {impute: {distance: median, line: most_frequent, origin: {constant: nowhere}}}
"""
    table = trips()
    shop = Workshop.of(tmp_path, TRIPS.rstrip("\n") + "\n" + steps, pa.concat_tables([table, table.slice(0, 100)]))

    assert shop.prepare().code == 0
    assert shop.train().code == 0
    assert shop.evaluate().code == 0

    labelled = len(table) - table["delay"].null_count
    rows = shop.spec["rows"]
    train = pq.read_table(shop.prepared / "train")
    assert sum(rows.values()) <= labelled
    assert rows["train"] == train.num_rows
    assert len(set(train["trip_id"].to_pylist())) == train.num_rows
    nullable = {column["name"]: column["nullable"] for column in shop.spec["columns"]}
    assert nullable["origin"] is True
