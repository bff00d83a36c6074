from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from evergreen.errors import DataRefused
from evergreen.profiles import csv_files, files, json_files, parquet_files
from evergreen.profiles.build import profile, profile_file
from evergreen.profiles.chunks import Load
from evergreen.profiles.parquet_files import ParquetSource
from evergreen.profiles.table import TableProfile

ROWS = 300_000


@pytest.fixture(scope="module")
def whole() -> pa.Table:
    rng = np.random.default_rng(2)
    x = rng.normal(size=ROWS)
    x[rng.random(ROWS) < 0.02] = np.nan
    empty_first = np.where(np.arange(ROWS) < 140_000, None, np.arange(ROWS).astype(object))
    return pa.table(
        {
            "x": x,
            "n": pa.array(rng.poisson(3, ROWS), pa.int32(), mask=rng.random(ROWS) < 0.1),
            "c": pa.array(rng.choice(["red", "green", "blue"], ROWS)).dictionary_encode(),
            "id": [f"u{number}" for number in range(ROWS)],
            "late": pa.array(empty_first.tolist(), pa.int64()),
            "a.b": rng.random(ROWS) < 0.3,
        }
    )


def close(found: TableProfile, expected: TableProfile) -> None:
    assert found.rows == expected.rows
    assert list(found.columns) == list(expected.columns)
    for name, theirs in expected.columns.items():
        mine = found.columns[name]
        for figure in ("kind", "count", "nulls", "nans", "min", "max", "lengths", "distinct"):
            assert getattr(mine, figure) == getattr(theirs, figure), (name, figure)
        if theirs.mean is None:
            assert mine.mean is mine.variance is None
        else:
            assert mine.mean == pytest.approx(theirs.mean, rel=1e-12)
            assert mine.variance == pytest.approx(theirs.variance, rel=1e-12)
        assert not theirs.exact or mine.top == theirs.top
    assert found.correlation.matrix == pytest.approx(expected.correlation.matrix, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("group", [9_999, 131_072, ROWS])
def test_a_parquet_file_has_its_tables_profile_whatever_its_row_groups(
    whole: pa.Table, group: int, tmp_path: Path
) -> None:
    path = tmp_path / "whole.parquet"
    pq.write_table(whole, path, row_group_size=group)
    seen: list[int] = []

    one, two = profile_file(path, threads=1, progress=seen.append), profile_file(path, threads=2)

    close(two, profile(whole))
    assert one == two
    assert (seen[-1], seen) == (ROWS, sorted(seen))
    x, truth = two.columns["x"].quantiles, np.sort(whole["x"].drop_null().to_numpy())
    truth = truth[~np.isnan(truth)]
    assert x is not None
    assert np.abs(x.cdf(truth) - np.arange(1, len(truth) + 1) / len(truth)).max() <= x.error + 1e-12 < 1e-3


def test_of_long_texts_fewer_rows_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (parquet_files, files):
        monkeypatch.setattr(module, "LARGE", 1 << 16)
    found = pa.table({"id": range(2_000), "text": [f"{number}" + "x" * 1_000 for number in range(2_000)]})
    pa_csv.write_csv(found, tmp_path / "t.csv")
    for group in (300, 2_000):
        pq.write_table(found, tmp_path / f"{group}.parquet", row_group_size=group)
        assert all(50 < unit.chunk < 70 for unit in ParquetSource(tmp_path / f"{group}.parquet").units())

    assert max(batch.num_rows for batch in files.together(found.to_batches(max_chunksize=10))) <= 70
    for path in tmp_path.iterdir():
        close(profile_file(path), profile(found))


def test_chosen_columns_only(whole: pa.Table, tmp_path: Path) -> None:
    pq.write_table(whole, tmp_path / "t.parquet")
    pa_csv.write_csv(whole.slice(0, 100).select(["x", "c"]), tmp_path / "t.csv")

    assert list(profile_file(tmp_path / "t.parquet", columns=["c", "x"]).columns) == ["x", "c"]
    assert list(profile_file(tmp_path / "t.csv", columns=["c"]).columns) == ["c"]
    for name in ("t.parquet", "t.csv"):
        with pytest.raises(DataRefused, match=rf"^{name}.*zz"):
            profile_file(tmp_path / name, columns=["zz"])


def test_csv_and_json_lines_have_their_tables_profile(whole: pa.Table, tmp_path: Path) -> None:
    part = whole.slice(130_000, 30_000).select(["n", "c", "id", "late", "a.b"])
    pa_csv.write_csv(part, tmp_path / "t.csv")
    frame = part.to_pylist()
    lines = "".join(
        "{" + ", ".join(f'"{k}": {_json(v)}' for k, v in row.items() if v is not None) + "}\n" for row in frame
    )
    (tmp_path / "t.jsonl").write_text(lines)
    with gzip.open(tmp_path / "t.csv.gz", "wb") as packed:
        packed.write((tmp_path / "t.csv").read_bytes())

    expected = profile(part)

    for name in ("t.csv", "t.csv.gz"):
        close(profile_file(tmp_path / name), expected)
    found = profile_file(tmp_path / "t.jsonl")
    assert {name: found.columns[name].top for name in ("n", "c", "a.b")} == {
        name: expected.columns[name].top for name in ("n", "c", "a.b")
    }
    assert found.columns["late"].nulls == expected.columns["late"].nulls


def _json(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_csv_types_widen_when_a_later_value_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK", 1 << 10)
    rows = [f"{number},{number},,2013-01-01" for number in range(2_000)] + ["0.5,x,7,soon", "3,4,8.5,2013-01-02"]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,d", *rows]) + "\n")

    found = profile_file(tmp_path / "t.csv").columns

    assert [found[name].kind for name in "abcd"] == ["number", "text", "number", "text"]
    assert (found["a"].max, found["b"].count, found["c"].max, found["c"].nulls) == (1999.0, 2002, 8.5, 2000)


@pytest.mark.parametrize("late", ["5", "x"])
def test_csv_rows_of_many_mebibytes_are_read(tmp_path: Path, late: str) -> None:
    long = "y" * (3 << 20)
    (tmp_path / "t.csv").write_text("a,b\n" + "1,x\n" * 1_000_000 + f"2,{long}\n{late},x\n")

    found = profile_file(tmp_path / "t.csv").columns

    assert (found["a"].kind, found["b"].distinct) == ("number" if late == "5" else "text", 2)
    assert found["b"].lengths is not None
    assert (found["b"].lengths.max, found["a"].count) == (len(long), 1_000_002)


@pytest.mark.parametrize("late", ["2020-01-01T00:00:00Z", "2020-01-01 00:00:00"])
def test_times_with_and_without_a_zone_are_texts_in_csv_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    early = "2020-01-01 00:00:00" if late.endswith("Z") else "2020-01-01T00:00:00Z"
    (tmp_path / "t.csv").write_text(f"t\n{100 * (early + chr(10))}{late}\n")
    whole = profile_file(tmp_path / "t.csv")
    monkeypatch.setattr(csv_files, "_BLOCK", 1 << 10)

    found = profile_file(tmp_path / "t.csv")

    assert whole.columns["t"].kind == "text"
    assert found.to_bytes() == whole.to_bytes()


def test_times_of_day_are_texts_in_csv(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("at\n10:00:00\n11:30:00\n")

    assert profile_file(tmp_path / "t.csv").columns["at"].kind == "text"


def test_json_lines_may_lack_columns_and_blocks_may_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "_BLOCK", 64)
    lines = ['{"a": 1, "t": "2013-01-01 00:00:00"}'] * 5 + ['{"a": 1.5}'] * 5 + ['{"b": "x", "t": "soon"}'] * 5
    (tmp_path / "t.ndjson").write_text("\n".join(lines))

    found = profile_file(tmp_path / "t.ndjson")

    assert (found.rows, found.columns["a"].nulls, found.columns["b"].nulls) == (15, 5, 10)
    assert (found.columns["a"].top, found.columns["t"].kind) == (((1.0, 5), (1.5, 5)), "text")


def parquet_bytes(tmp_path: Path, **columns: object) -> bytes:
    pq.write_table(pa.table(columns), tmp_path / "good.parquet", row_group_size=1_000)
    return (tmp_path / "good.parquet").read_bytes()


def test_a_truncated_parquet_file_names_the_footer(tmp_path: Path) -> None:
    (tmp_path / "cut.parquet").write_bytes(parquet_bytes(tmp_path, x=list(range(5_000)))[:-100])

    with pytest.raises(DataRefused, match=r"^cut\.parquet, footer: cannot be read as Parquet: Parquet magic bytes"):
        profile_file(tmp_path / "cut.parquet")


def test_a_damaged_page_names_its_row_group(tmp_path: Path) -> None:
    content = bytearray(parquet_bytes(tmp_path, x=np.random.default_rng(0).random(300_000)))
    middle = len(content) // 2
    content[middle : middle + 40_000] = b"\xff" * 40_000
    (tmp_path / "torn.parquet").write_bytes(bytes(content))

    with pytest.raises(DataRefused, match=r"^torn\.parquet, row group \d+–\d+ \(rows [\d,]+–[\d,]+\): cannot be read"):
        profile_file(tmp_path / "torn.parquet")


def test_a_csv_whose_columns_change_names_the_row(tmp_path: Path) -> None:
    rows = [f"{number},a" for number in range(899_999)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *rows, "1,a,7", "2,b"]) + "\n")

    with pytest.raises(DataRefused, match=r"^t\.csv: cannot be read as CSV: .*Row #900001: Expected 2 columns, got 3"):
        profile_file(tmp_path / "t.csv")


@pytest.mark.parametrize("late", [False, True])
def test_text_that_is_not_utf8_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK", 1 << 10)
    good = b"abc,1\n" * (1000 if late else 3)
    (tmp_path / "t.csv").write_bytes(b"name,x\n" + good + b"caf\xe9,2\n")
    (tmp_path / "t.jsonl").write_bytes(b'{"a": "x"}\n' * 4 + b'{"a": "\xff"}\n')

    with pytest.raises(DataRefused, match=rf"^t\.csv, line {len(good) // 6 + 2:,}: byte 4 of the line is not UTF-8"):
        profile_file(tmp_path / "t.csv")
    with pytest.raises(DataRefused, match=r"^t\.jsonl, line 5: is not UTF-8"):
        profile_file(tmp_path / "t.jsonl")


def test_parquet_text_that_is_not_utf8_names_its_column_and_row(tmp_path: Path) -> None:
    damaged = pa.array([b"ok"] * 4 + [b"\xff\xfe"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"name": damaged}), tmp_path / "t.parquet")

    with pytest.raises(DataRefused, match=r"^t\.parquet: column name, row 5: is not UTF-8 text"):
        profile_file(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("t.csv", "a,b,a\n1,2,3\n", "more than one column is named a"),
        ("t.csv", "a,b\n", "the file has no rows"),
        ("t.csv", "a,b", "the file has no rows"),
        ("t.csv", "", "the file is empty"),
        ("t.csv", ",".join(f"c{at}" for at in range(5000)) + "\n" + ",".join("1" * 5000) + "\n", "has 5,000 columns"),
        ("t.jsonl", '{"a": 1}\n{"a": "x"}\n', r"lines 1–2: cannot be read as JSON Lines: .*changed .* in line 2"),
        ("t.jsonl", '\n{"a": 1}\n\n{"a": "x"}\n', r"lines 1–4: cannot be read as JSON Lines: .* in line 4"),
        ("t.jsonl", '{"a": 1}\n{"a": \n', "lines 1–2: cannot be read as JSON Lines"),
        ("t.jsonl", '{"a": {"b": 1}}\n', "lines 1–1: column a holds struct"),
        ("t.jsonl", "{}\n{}\n", "no row names a column"),
        ("t.parquet", "a,b\n1,2\n", "footer: cannot be read as Parquet"),
        ("t.xlsx", "a", "is not a data file; known endings"),
    ],
)
def test_bad_files_are_named_with_the_place(tmp_path: Path, name: str, content: str, problem: str) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(DataRefused, match=rf"^{name}.*{problem}"):
        profile_file(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "found"),
    [("t.csv", "a gzip archive"), ("t.jsonl", "a gzip archive"), ("t.parquet", "a gzip archive"),
     ("u.csv", "Parquet"), ("u.jsonl", "Parquet"), ("u.csv.gz", "Parquet"), ("v.csv.gz", "text"),
     ("v.parquet", "text")],
)  # fmt: skip
def test_a_file_of_another_format_than_its_name_says_is_called_what_it_is(
    tmp_path: Path, name: str, found: str
) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "u")
    contents = {"t": gzip.compress(b"a,b\n1,2\n"), "u": (tmp_path / "u").read_bytes(), "v": b"a,b\n1,2\n"}
    (tmp_path / name).write_bytes(contents[name[0]])

    with pytest.raises(DataRefused, match=rf"^{name}.*; its content is {found}$"):
        profile_file(tmp_path / name)


@pytest.mark.parametrize("deep", ["[" * 200_000 + "]" * 200_000, '{"a": ' * 2_000 + "1" + "}" * 2_000])
def test_a_row_of_json_lines_that_is_nested_deeply_is_refused_by_line(tmp_path: Path, deep: str) -> None:
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' + "\n" * 300_000 + f'{{"a": {deep}}}\n')

    with pytest.raises(DataRefused, match=r"t\.jsonl, .*line 300,002 is nested too deeply"):
        profile_file(tmp_path / "t.jsonl")


def test_texts_of_json_lines_may_hold_any_number_of_brackets(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("".join(json.dumps({"a": '[{"' * 2_000}) + "\n" for _ in range(3)))

    assert profile_file(tmp_path / "t.jsonl").columns["a"].distinct == 1


def test_zero_rows_and_nested_columns_of_parquet_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([], pa.float64())}), tmp_path / "none.parquet")
    pq.write_table(pa.table({"deep": [[1]]}), tmp_path / "nested.parquet")

    with pytest.raises(DataRefused, match=r"^none\.parquet: the file has no rows"):
        profile_file(tmp_path / "none.parquet")
    with pytest.raises(DataRefused, match=r"^nested\.parquet: column deep holds list"):
        profile_file(tmp_path / "nested.parquet")
    with pytest.raises(DataRefused, match="there is no such file"):
        profile_file(tmp_path / "absent.csv")


@pytest.mark.parametrize("group", [10, 1_000])
def test_a_fault_of_the_work_on_a_file_is_not_blamed_on_the_file(tmp_path: Path, group: int) -> None:
    pq.write_table(pa.table({"x": range(1_000)}), tmp_path / "t.parquet", row_group_size=group)
    source = ParquetSource(tmp_path / "t.parquet", chunk=100)

    def work(load: Load, _rows: int, _start: int) -> pa.Array:
        return load("x").cast(pa.bool_()).cast(pa.timestamp("us"))

    with pytest.raises(pa.ArrowException):
        list(source.each(next(source.units()), work))


def test_a_csv_file_with_a_nul_is_refused_by_line_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,x\n" * 400_000 + "2,\0\n3,x\n")

    with pytest.raises(DataRefused, match=r"t\.csv: .*line 400,002 holds a NUL character"):
        profile_file(path)
