"""Data as files hold it: narrow integers, codes for what is missing, long texts, far times."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.errors import DataRefused
from evergreen.profiles import csv_files
from evergreen.profiles.build import profile, profile_file
from evergreen.profiles.hashing import hash_numbers, hash_texts
from evergreen.profiles.table import TableProfile, merge


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
@pytest.mark.parametrize("letter", ["i", "u"])
def test_integers_of_every_width_survive_their_bytes(letter: str, bits: int) -> None:
    found = profile(pa.table({"n": np.arange(50, dtype=f"{letter}{bits // 8}")}))

    again = TableProfile.from_bytes(found.to_bytes())

    assert again.columns["n"].top == found.columns["n"].top
    assert merge([again, again]).columns["n"].top[0] == (0, 2)


def test_signed_and_unsigned_integers_merge_exactly() -> None:
    signed, unsigned = (pa.array([2**60, 2**60 + 1], kind) for kind in (pa.int64(), pa.uint64()))

    found = merge([profile(pa.table({"n": each})) for each in (signed, unsigned)]).columns["n"]

    assert found.top == ((2**60, 2), (2**60 + 1, 2))
    assert found.distinct == 2


@pytest.mark.parametrize(
    ("code", "share"), [(-99_999.0, 0.01), (-999_999.0, 0.1), (-999.0, 0.5), (1e6, 0.5), (1e9, 0.6)]
)
def test_a_code_for_missing_does_not_spoil_a_correlation_with_a_column_that_has_gaps(code: float, share: float) -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=20_000)
    y = 0.9 * x + 0.4 * random.normal(size=20_000)
    gone = random.random(20_000) < share

    found = profile(pa.table({"x": np.where(gone, code, x), "y": np.where(gone, np.nan, y)}))

    assert found.correlation.between("x", "y") == pytest.approx(np.corrcoef(x[~gone], y[~gone])[0, 1], abs=1e-5)


@pytest.mark.parametrize(("rows", "filled"), [(10_000, 100), (100_000, 100), (300_000, 1_000)])
def test_a_column_that_begins_late_correlates_with_one_that_grows(rows: int, filled: int) -> None:
    x = 1.6e9 + 60.0 * np.arange(rows)
    y = np.full(rows, np.nan)
    y[-filled:] = np.arange(filled) / filled + np.random.default_rng(1).normal(size=filled)

    found = profile(pa.table({"x": x, "y": y}))

    assert found.correlation.between("x", "y") == pytest.approx(np.corrcoef(x[-filled:], y[-filled:])[0, 1], abs=1e-5)


@pytest.mark.parametrize("apart", [3.0, 10.0, 30.0, 100.0, 1_000.0])
def test_common_rows_may_lie_far_from_the_others(apart: float) -> None:
    rows, common = 100_000, 2_000
    x, noise = np.random.default_rng(4).normal(size=(2, rows))
    x[:common] += apart
    y = np.where(np.arange(rows) < common, x + noise, np.nan)

    found = profile(pa.table({"x": x, "y": y}))

    assert found.correlation.between("x", "y") == pytest.approx(np.corrcoef(x[:common], y[:common])[0, 1], abs=1e-5)


@pytest.mark.parametrize("rows", [20, 1_000, 100_000])
def test_what_is_constant_in_common_rows_correlates_with_nothing(rows: int) -> None:
    x, y = np.random.default_rng(2).normal(size=(2, rows))
    x[: rows // 10], y[rows // 10 :] = x[0], np.nan

    found = profile(pa.table({"x": x, "y": y}))

    assert np.isnan(found.correlation.between("x", "y"))


def test_tiny_numbers_have_their_mean() -> None:
    assert profile(pa.table({"x": [1e-300, 2e-300, 3e-300]})).columns["x"].mean == pytest.approx(2e-300)


def test_equal_numbers_have_equal_hashes_whatever_their_type() -> None:
    held = np.array([2**53 + 2, 2**60, -(2**60), 2**63 - 1024])
    between = np.array([2**53 + 1, 2**60 + 1])

    assert (hash_numbers(held) == hash_numbers(held.astype(float))).all()
    assert (hash_numbers(between) == hash_numbers(between.astype(np.uint64))).all()
    assert (hash_numbers(between) != hash_numbers(between.astype(float))).all()
    assert hash_numbers(np.array([2**64 - 1], np.uint64)) != hash_numbers(np.array([2.0**64]))


@pytest.mark.parametrize("often", [0, 1, 30, 2_000])
@pytest.mark.parametrize("nulls", [False, True])
def test_texts_that_mostly_differ_have_the_profile_that_a_dictionary_of_them_has(often: int, nulls: bool) -> None:
    texts: list[str | None] = [f"ä{number}" + "x" * (number % 150) for number in range(20_000)]
    for at in range(often):
        texts[7 * at + 1 : 7 * at + 1 + at % 3] = [f"often {at}"] * (at % 3)
    texts[::5] = [None if nulls else text for text in texts[::5]]
    plain = pa.array(texts)

    assert profile(pa.table({"t": plain})) == profile(pa.table({"t": plain.dictionary_encode()}))


def test_long_texts_differ_wherever_they_do() -> None:
    texts = ["x" * size + end for size in (1_023, 1_024, 5_000) for end in ("", "a", "b")]

    assert len(set(hash_texts(pa.array(texts)).tolist())) == len(texts)
    assert (hash_texts(pa.array(["?", *texts])[1:]) == hash_texts(pa.array(texts, pa.large_string()))).all()


def test_the_zeros_of_a_column_are_not_among_its_smallest_hashes() -> None:
    rows = 200_000
    random = np.random.default_rng(5)
    column = profile(pa.table({"x": np.where(random.random(rows) < 0.5, 0.0, random.random(rows))})).columns["x"]

    assert hash_numbers(np.zeros(1)) == 2**64 - 1
    assert column.distinct == pytest.approx(rows / 2, rel=5 * column.distinct_error)


def test_long_texts_are_counted_apart_and_kept_out_of_the_frequent_values() -> None:
    long = ["x" * 120 + "a"] * 3 + ["x" * 120 + "b"] * 2 + ["short"]
    once, twice = profile(pa.table({"t": long})), merge([profile(pa.table({"t": long})) for _ in range(2)])

    assert once.columns["t"].top == (("short", 1),)
    assert (once.columns["t"].others, once.columns["t"].exact, once.columns["t"].counted) == (5, False, True)
    assert list(once.columns["t"].categories.values()) == [3, 2, 1]
    assert list(twice.columns["t"].categories.values()) == [6, 4, 2]
    assert list(twice.columns["t"].categories) == list(once.columns["t"].categories)


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_texts_stored_as_differences_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "delta.parquet"
    table = pa.table({"t": ["a", "b", None, "a"], "u": ["x"] * 4})
    pq.write_table(table, path, use_dictionary=["u"], column_encoding={"t": encoding}, row_group_size=3)

    found = profile_file(path)

    assert found.columns["t"].top == (("a", 2), ("b", 1))
    assert found.columns["u"].top == (("x", 4),)


def test_views_of_texts_are_texts() -> None:
    assert profile(pa.table({"t": pa.array(["a", None, "a"], pa.string_view())})).columns["t"].top == (("a", 2),)


@pytest.mark.parametrize(
    ("parts", "top", "error"),
    [
        (([2**53 + 1, 2**53 + 1, 7], [float(2**53), 7.0]), {2**53 + 1: 2, 7: 2, 2**53: 1}, 0),
        (([2**53 + 1, 2**53 + 1, 7], [0.5, float(2**53)]), {7: 1, 0.5: 1, 2**53: 1}, 2),
        ((pa.array([2**64 - 1, 2**63], pa.uint64()), [-1]), {2**63: 1, -1: 1}, 1),
        ((pa.array([2**64 - 1, 5], pa.uint64()), [5.0]), {2**64 - 1: 1, 5: 2}, 0),
        (([3, 4], [0.5, 3.0]), {3: 2, 4: 1, 0.5: 1}, 0),
    ],
)
def test_integers_beyond_doubles_are_no_other_numbers(parts: Any, top: dict[float, int], error: int) -> None:
    found = merge([profile(pa.table({"x": part})) for part in parts]).columns["x"]
    different = {value for part in parts for value in pa.array(part).to_pylist()}

    assert dict(found.top) == top
    assert (found.top_error, found.exact, found.distinct) == (error, not error, len(different))


def test_times_of_parts_are_compared_as_times_and_not_as_they_are_spelled() -> None:
    times = [-(10**18), -(10**17), 0, 1, 500_000, 10**6, 10**17, 10**18]
    parts = [profile(pa.table({"t": pa.array([time], pa.timestamp("us"))})) for time in times]

    for at in range(len(parts) - 1):
        merged, whole = merge(parts[at:]), profile(pa.table({"t": pa.array(times[at:], pa.timestamp("us"))}))
        found, expected = merged.columns["t"], whole.columns["t"]
        assert (found.min, found.max) == (expected.min, expected.max)


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.timestamp("ms", "UTC")])
def test_times_beyond_microseconds_are_refused_by_column(kind: pa.DataType) -> None:
    with pytest.raises(DataRefused, match=r"column far holds times that are more than 292,000 years from 1970"):
        profile(pa.table({"far": pa.array([2**62], pa.int64()).cast(kind)}))


def test_dates_beyond_microseconds_are_refused_by_file(tmp_path: Path) -> None:
    path = tmp_path / "dates.parquet"
    pq.write_table(pa.table({"far": pa.array([2**31 - 1], pa.int32()).cast(pa.date32())}), path)

    with pytest.raises(DataRefused, match=r"^dates\.parquet: column far holds times that are more than 292,000 years"):
        profile_file(path)


def test_csv_cells_may_hold_line_ends_in_files_of_any_size(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("id,text\n" + "".join(f'{n},"first {n}\nsecond"\n' for n in range(60_000)))

    assert profile_file(path).rows == 60_000


@pytest.mark.parametrize("rows", [3, 400_000])
def test_a_quote_that_is_never_closed_is_named(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "open.csv"
    path.write_text('id,text\n0,"fine\nso far"\n1,"never closed\n' + "2,x\n" * rows)

    with pytest.raises(DataRefused, match=r"open\.csv, line 4: a quote is never closed"):
        profile_file(path)


@pytest.mark.parametrize(("inches", "closed"), [(1, True), (2, True), (1, False), (2, False)])
def test_marks_inside_cells_open_no_quote_and_close_none(tmp_path: Path, inches: int, closed: bool) -> None:
    path = tmp_path / "pipes.csv"
    path.write_text("id,text\n" + '0,5" pipe\n' * inches + '1,"two ""l\nines' + ('"' if closed else "\nand more\n"))

    if closed:
        assert profile_file(path).rows == inches + 1
    else:
        with pytest.raises(DataRefused, match=rf"pipes\.csv, line {inches + 2}: a quote is never closed"):
            profile_file(path)


def test_csv_columns_that_start_empty_get_the_type_of_their_first_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK", 256)
    path = tmp_path / "late.csv"
    rows = [f"{n},,,,2020-01-01" for n in range(100)]
    rows += [f"{n},{2**53 + n},true,2020-01-01 00:00:{n:02d},2020-01-01 12:00:00" for n in range(1, 50)]
    path.write_text("\n".join(["id,n,b,t,d", *rows]) + "\n")

    found = profile_file(path).columns

    assert [found[name].kind for name in "nbtd"] == ["number", "boolean", "timestamp", "timestamp"]
    assert (found["n"].min, found["n"].max) == (2**53 + 1, 2**53 + 49)


def test_what_is_not_a_table_is_named_as_what_it_is(tmp_path: Path) -> None:
    text = "a,b\n1,2\n".encode("utf-16")
    (tmp_path / "wide.csv").write_bytes(text)
    (tmp_path / "wide.csv.gz").write_bytes(gzip.compress(text))

    for name in ("wide.csv", "wide.csv.gz"):
        with pytest.raises(DataRefused, match=rf"^{name}: is UTF-16; save it as UTF-8"):
            profile_file(tmp_path / name)
    with pytest.raises(DataRefused, match="is a folder; name the files in it"):
        profile_file(tmp_path)
