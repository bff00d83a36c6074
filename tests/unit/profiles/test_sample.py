"""Samples of rows that are drawn while files are read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from evergreen.profiles.column import Kind
from evergreen.profiles.sample import NO_TEXT, Sample, joined, sample_file

ROWS = 60_000
KINDS: dict[str, Kind] = {"at": "number", "name": "text", "true": "boolean"}


@pytest.fixture(scope="module")
def table() -> pa.Table:
    at = np.arange(ROWS)
    names = pa.array([f"n{place % 100}" for place in at], mask=at % 10 == 0)
    return pa.table({"at": at.astype(float), "name": names, "other": at, "true": pa.array(at % 3 == 0)})


def _drawn(path: Path, rows: int = 1000, **rest: int) -> Sample:
    return sample_file(path, KINDS, rows, held=[*KINDS, "other"], **rest)


@pytest.mark.parametrize("group", [777, 20_000, ROWS])
def test_equal_rows_give_equal_samples_however_they_are_stored(table: pa.Table, tmp_path: Path, group: int) -> None:
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=group)
    pa_csv.write_csv(table, tmp_path / "t.csv")
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))

    samples = [_drawn(tmp_path / name) for name in ("t.parquet", "t.csv", "t.jsonl")]

    for sample in samples:
        assert sample.rows == 1000
        assert list(sample.columns) == list(KINDS)
        for name in KINDS:
            np.testing.assert_array_equal(sample.columns[name], samples[0].columns[name])
    whole = samples[0].columns
    assert ((whole["name"] == NO_TEXT) == (whole["at"] % 10 == 0)).all()
    assert (whole["true"] == (whole["at"] % 3 == 0)).all()


def test_every_place_of_a_file_is_as_likely(table: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(table, path, row_group_size=5000)

    drawn = np.concatenate([_drawn(path, place=place).columns["at"] for place in range(20)])

    counts = np.histogram(drawn, bins=60, range=(0, ROWS))[0]
    expected = len(drawn) / 60
    assert ((counts - expected) ** 2 / expected).sum() < 100  # chi-squared with 59 degrees: p = 0.0006
    assert len(np.unique(drawn)) > 0.8 * len(drawn)


def test_a_small_file_is_taken_whole_and_no_row_twice(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table.slice(0, 500), tmp_path / "t.parquet")

    assert sorted(_drawn(tmp_path / "t.parquet").columns["at"]) == list(range(500))
    assert len(set(_drawn(tmp_path / "t.parquet", 100).columns["at"])) == 100


def test_files_together_give_rows_in_proportion(table: pa.Table, tmp_path: Path) -> None:
    sizes = (50_000, 10_000)
    for place, (start, rows) in enumerate(zip((0, 50_000), sizes, strict=True)):
        pq.write_table(table.slice(start, rows), tmp_path / f"{place}.parquet")

    found = joined([_drawn(tmp_path / f"{place}.parquet", place=place) for place in (0, 1)], 1000)

    assert found.rows == 1000
    assert (np.diff(found.keys) > 0).all()
    assert 120 < (found.columns["at"] >= 50_000).sum() < 215  # 167 ± 4 standard deviations


def test_a_value_that_needs_a_wider_type_does_not_change_the_keys(tmp_path: Path) -> None:
    lines = [str(place) for place in range(400_000)]
    (tmp_path / "whole.csv").write_text("at,name\n" + "\n".join(f"{line},a" for line in lines))
    (tmp_path / "wider.csv").write_text("at,name\n" + "\n".join(f"{line},a" for line in [*lines[:-1], "399999.5"]))

    samples = [
        sample_file(tmp_path / name, {"at": "number"}, 100, held=["at", "name"]) for name in ("whole.csv", "wider.csv")
    ]

    np.testing.assert_array_equal(samples[0].columns["at"], samples[1].columns["at"])


def test_a_column_that_a_file_lacks_or_has_no_value_of_is_empty(tmp_path: Path) -> None:
    rows = [1.0, np.inf, np.nan, None]
    pq.write_table(pa.table({"x": rows, "gone": pa.nulls(4)}), tmp_path / "t.parquet")
    kinds: dict[str, Kind] = {"x": "number", "gone": "text", "absent": "text", "none": "boolean"}

    found = sample_file(tmp_path / "t.parquet", kinds, 100, held=["x", "gone"]).columns

    assert np.nansum(found["x"]) == 1.0
    assert np.isnan(found["x"]).sum() == 3
    assert (found["gone"] == NO_TEXT).all()
    assert (found["absent"] == NO_TEXT).all()
    assert np.isnan(found["none"]).all()


def test_times_are_microseconds_and_texts_their_hashes_in_every_encoding(tmp_path: Path) -> None:
    texts = ["a", "bb", None, "a"]
    columns = {
        "day": pa.array([0, 1, 2, None], pa.date32()),
        "plain": pa.array(texts),
        "coded": pa.array(texts).dictionary_encode(),
        "view": pa.array(texts).cast(pa.string_view()),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    kinds: dict[str, Kind] = {"day": "timestamp", "plain": "text", "coded": "text", "view": "text"}

    found = sample_file(tmp_path / "t.parquet", kinds, 100, held=columns).columns

    assert np.nanmax(found["day"]) == 2 * 86_400e6
    assert len(set(found["plain"])) == 3
    np.testing.assert_array_equal(found["plain"], found["coded"])
    np.testing.assert_array_equal(found["plain"], found["view"])
