"""Refused input: a sentence that names the file and the place, nothing committed, nothing left in temporary folders."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data import sources
from evergreen.data.directory import Directory
from evergreen.data.reading import open_rows
from evergreen.data.sources import found_files
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from tests.unit.data.stores import commit_file, numbers, write

Make = Callable[[Path], Path]


def text(name: str, content: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def long_csv(name: str, line: bytes, at: int) -> Make:
    rows = b"1,2.5,some text\n"
    return text(name, b"a,b,c\n" + rows * (at - 2) + line + b"\n" + rows * 100_000)


def truncated(folder: Path) -> Path:
    path = write(folder / "cut.parquet", numbers(1))
    path.write_bytes(path.read_bytes()[:-100])
    return path


def torn(folder: Path) -> Path:
    path = write(folder / "torn.parquet", numbers(1, 50_000))
    content = bytearray(path.read_bytes())
    content[len(content) // 4 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 4)
    path.write_bytes(content)
    return path


def wide(folder: Path) -> Path:
    return write(folder / "wide.parquet", pa.table({f"c{number}": [1] for number in range(5_000)}))


def renamed(folder: Path) -> Path:
    return write(folder / "data.parquet", numbers(1)).rename(folder / "renamed.csv")


def no_text(coded: bool) -> Make:
    def make(folder: Path) -> Path:
        texts = pa.array([b"x"] * 99 + [b"\xff"] * 99).view(pa.string())
        path = folder / "bytes.parquet"
        pq.write_table(pa.table({"y": texts}), path, use_dictionary=coded)
        return path

    return make


def twice(folder: Path) -> Path:
    return write(folder / "twice.parquet", pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]))


def nested(folder: Path) -> Path:
    return write(folder / "nested.parquet", pa.table({"x": [[1, 2]]}))


def empty_table(folder: Path) -> Path:
    return write(folder / "none.parquet", numbers(1).slice(0, 0))


def mixed(folder: Path) -> Path:
    (folder / "parts").mkdir()
    write(folder / "parts/1.parquet", pa.table({"x": [1]}))
    write(folder / "parts/2.parquet", pa.table({"x": ["one"]}))
    return folder / "parts"


def one_bad_of_many(folder: Path) -> Path:
    (folder / "many").mkdir()
    for number in range(50):
        (folder / "many" / f"{number:02d}.csv").write_text("a,b\n1,2\n" if number != 33 else "a,b\n1,2,3\n")
    return folder / "many"


def open_quote_in_a_folder(folder: Path) -> Path:
    (folder / "open").mkdir()
    for name, row in {"1": '1,"x', "2": '2,y"', "3": '3,"z"'}.items():
        (folder / "open" / f"{name}.csv").write_text(f"a,b\n0,-\n{row}\n")
    return folder / "open"


def nul_in_a_folder(folder: Path) -> Path:
    for number in range(3):
        cell = "\0" if number == 2 else "x"
        (folder / f"{number}.csv").write_text(f"a,b\n1,y\n2,{cell}\n")
    return folder


def cut_archive(folder: Path) -> Path:
    path = folder / "cut.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + os.urandom(9_000).hex().encode() + b",2\n")[:-2_000])
    return path


def void(folder: Path) -> Path:
    (folder / "void").mkdir()
    return folder / "void"


BAD: dict[str, tuple[Make, str]] = {
    "truncated Parquet": (truncated, r"cut\.parquet: cannot be read as Parquet"),
    "torn Parquet": (torn, r"torn\.parquet: cannot be read as Parquet"),
    "text called Parquet": (text("a.parquet", "x,y\n1,2\n"), r"a\.parquet: cannot be read as Parquet: .* is text"),
    "Parquet called CSV": (renamed, r"renamed\.csv: .*its content is Parquet"),
    "columns change": (long_csv("long.csv", b"1,2", 900_000), r"long\.csv: .*Row #900000: Expected 3 columns, got 2"),
    "columns change in a larger file": (
        long_csv("larger.csv", b"1,2", 4_300_000),
        r"larger\.csv: .*Row #4300000: Expected 3 columns, got 2",
    ),
    "invalid UTF-8": (
        long_csv("bytes.csv", b"1,2,\xff\xfe", 1_000),
        r"bytes\.csv, line 1,000: byte 5 of the line is not UTF-8",
    ),
    "a name in Latin-1": (text("n.csv", b'gr\xf6\xdfe,"b\n"\n1,2\n'), r"n\.csv: .*name of a column is not UTF-8 text"),
    "a name in Latin-1 in an archive": (
        text("n.csv.gz", gzip.compress(b"gr\xf6\xdfe,b\n1,2\n")),
        r"n\.csv\.gz: .*name of a column is not UTF-8 text; save the file as UTF-8$",
    ),
    "duplicate names in CSV": (text("twice.csv", "x,y,x\n1,2,3\n"), r"twice\.csv: more than one column is named x"),
    "duplicate names above quotes": (
        text("quotes.csv", 'x,y,x\n"a",2,b\n'),
        r"quotes\.csv: more than one column is na",
    ),
    "UTF-16": (text("excel.csv", "x,y\n1,a".encode("utf-16")), r"excel\.csv: .*; its content is UTF-16, and should be"),
    "duplicate names in Parquet": (twice, r"twice\.parquet: more than one column is named x"),
    "zero rows in CSV": (text("none.csv", "x,y\n"), r"none\.csv: the file has no rows"),
    "a header without an end": (text("none.csv", "x,y"), r"none\.csv: the file has no rows"),
    "zero rows in Parquet": (empty_table, r"none\.parquet: the file has no rows"),
    "zero bytes": (text("zero.csv", ""), r"zero\.csv: the file is empty"),
    "5,000 columns": (wide, r"wide\.parquet: has 5,000 columns; a data version holds at most 2,000"),
    "nested columns": (nested, r"nested\.parquet: column x holds list<"),
    "parts that do not fit": (mixed, r"2\.parquet: column x holds string, and in the files before it int64"),
    "one bad file of many": (one_bad_of_many, r"33\.csv: .*Expected 2 columns, got 3"),
    "bad JSON": (text("a.jsonl", '{"a":1}\n{"a":2}\n{"a":\n'), r"a\.jsonl: cannot be read as JSON Lines: .*line 3"),
    "bad JSON in an archive": (
        text("a.jsonl.gz", gzip.compress(b'{"a":1}\n{"a":"x"}\n')),
        r"a\.jsonl\.gz: .*Column\(/a\) changed from number to string in line 2$",
    ),
    "text called an archive": (text("t.jsonl.gz", '{"a":1}\n'), r"t\.jsonl\.gz: cannot be read .*its content is text$"),
    "nested JSON": (text("b.jsonl", '{"a":{"b":1}}\n'), r"b\.jsonl: column a holds struct<"),
    "a quote that nothing closes": (
        text("q.csv", 'a,b\n1,"x"\n2,"y\n'),
        r"q\.csv: .*Row #3: a quote is opened and never",
    ),
    "a quote that another file would close": (open_quote_in_a_folder, r"1\.csv: .*Row #3: a quote is opened and never"),
    "a quote that a large file never closes": (
        text("large.csv", b"a,b\n" + b"1,some text\n" * 6_000_000 + b'1,"x\n2,y\n'),
        r"large\.csv: .*Row #6000002: a quote is opened and never closed",
    ),
    "a NUL, behind which rows would be one": (
        text("n.csv", "a\n" + "text\n\0\n" * 50_000),
        r"n\.csv: cannot be read as CSV: line 3 holds a NUL character; take it out",
    ),
    "a NUL in an archive": (
        text("n.csv.gz", gzip.compress(b"a\n" + b"text\n" * 2_000_000 + b"\0\n")),
        r"n\.csv\.gz: cannot be read as CSV: line 2,000,002 holds a NUL character",
    ),
    "a NUL in one of many files": (nul_in_a_folder, r"^2\.csv: cannot be read as CSV: line 3 holds a NUL"),
    "an archive that is cut off": (cut_archive, r"cut\.csv\.gz: cannot be read as CSV: Truncated"),
    "a table called an archive": (text("t.csv.gz", "a,b\n1,2\n"), r"t\.csv\.gz: cannot be read as CSV: .* is text"),
    "blank lines": (text("blank.jsonl", "\n\n"), r"blank\.jsonl: the file has no rows"),
    "rows without columns": (text("bare.jsonl", "{}\n{}\n"), r"bare\.jsonl: line 1 and those after it name no column"),
    "invalid UTF-8 in JSON": (
        text("x.jsonl", b'{"a":"x"}\n{"a":"x\xffy"}\n'),
        r"x\.jsonl: cannot be read as JSON Lines: line 2 is not UTF-8 text",
    ),
    "invalid UTF-8 in Parquet": (no_text(coded=False), r"bytes\.parquet: column y, row 100: is not UTF-8 text"),
    "invalid UTF-8 in Parquet's codes": (no_text(coded=True), r"bytes\.parquet: column y, row 100: is not UTF-8 text"),
    "nothing there": (lambda folder: folder / "absent.csv", r"absent\.csv: there is no such file"),
    "an empty folder": (void, r"void: the directory holds no"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses_with_the_file_and_the_place_and_leaves_nothing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, said = BAD[case]
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    with pytest.raises(DataRefused, match=said):
        commit_file(versions, make(tmp_path))

    assert versions.head("d") is None
    assert list((tmp_path / "temporary").iterdir()) == []
    left = [entry.key for entry in versions.store.entries("") if not entry.key.startswith("objects/")]
    assert left == []
    if case != "torn Parquet":
        assert list(versions.store.entries("")) == []


def test_says_at_which_line_a_column_changes_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.json_reading._STRETCH", 1)
    path = tmp_path / "kinds.jsonl"
    path.write_text('{"c": 1}\n{"c": "x"}\n')
    said = (
        r"kinds\.jsonl from line 2 on: column c holds string, and in the lines before int64; "
        r"declare its type under data\.columns, or write its values alike everywhere"
    )

    with pytest.raises(DataRefused, match=said):
        commit_file(Versions(Directory(tmp_path / "store")), path)


@pytest.mark.parametrize("cell", ['"' + "x" * 200_000 + '"', '"x\n' + "y\n" * 100_000])
def test_says_that_a_row_is_too_long(cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    monkeypatch.setattr("evergreen.data.csv_streaming._BLOCK", 1 << 16)
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "1,x\n" * 50_000 + f"2,{cell}\n")

    with pytest.raises(DataRefused, match=r"long\.csv: .*longer than 0 MiB; is there a quote that is never closed\?"):
        commit_file(Versions(Directory(tmp_path / "store")), path)


def test_refuses_a_folder_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_FILES", 20)
    for number in range(25):
        (tmp_path / f"{number}.txt").touch()

    with pytest.raises(DataRefused, match=r"holds more than 20 files, .* is the first beyond"):
        commit_file(Versions(Directory(tmp_path / "store")), tmp_path)


@pytest.mark.parametrize("depth", [600, 3_000, 200_000])
@pytest.mark.parametrize(("first", "second"), [("1", '"x"'), ("1.5", "2.5")])
def test_rows_that_are_nested_deeply_are_refused(first: str, second: str, depth: int, tmp_path: Path) -> None:
    deep = "[" * depth + "]" * depth
    path = tmp_path / "deep.jsonl"
    path.write_text(f'{{"c":{first}}}\n{{"c":{second},"z":{deep}}}\n')

    with pytest.raises(DataRefused, match=r"deep\.jsonl: cannot be read as JSON Lines: line 2 is nested too deeply"):
        open_rows(found_files(path), Wanted(kinds={"c": "id"}), source="deep.jsonl")
