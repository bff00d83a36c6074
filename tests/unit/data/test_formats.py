"""What a file becomes: the same rows from every format, types that hold all of them, few objects of many files."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data import hashing, sources
from evergreen.data.directory import Directory
from evergreen.data.stat_cache import StatCache
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.project.reader import parse_project
from tests.unit.data.stores import commit_file, numbers, write


def test_a_file_that_was_hashed_is_not_hashed_again_until_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "one.parquet", numbers(1))
    os.utime(path, (1, 1))
    cache = tmp_path / "cache.json"

    for _ in range(2):
        remembered = StatCache(cache)
        found = hashing.hashes(sources.found_files(path), remembered)
        remembered.save()
    state = path.stat()

    assert StatCache(cache).get(str(path), state) in (found[0], None)
    path.write_bytes(b"changed")
    assert StatCache(cache).get(str(path), path.stat()) is None


def test_a_file_that_is_replaced_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "v"
    folder.mkdir()
    write(folder / "a.parquet", numbers(1))
    write(folder / "z.parquet", numbers(2))
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    hashed = hashing.hashes

    def replaced(*arguments: Any) -> list[str]:
        found = hashed(*arguments)
        write(tmp_path / "fresh", numbers(3)).replace(folder / "z.parquet")
        return found

    for whole in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr("evergreen.data.hashing.hashes", replaced)
            with pytest.raises(DataRefused, match=r"z\.parquet: changed while it was read; commit it again"):
                commit_file(versions, folder, whole=whole)
    write(folder / "z.parquet", numbers(2))
    commit_file(versions, folder)

    head = versions.head("d")
    assert head is not None
    assert versions.read(head).equals(pa.concat_tables([numbers(1), numbers(2)]))


def test_a_file_that_changes_takes_nothing_from_who_stored_it_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    for name in ("mine", "theirs"):
        (tmp_path / f"{name}.bin").write_bytes(b"the same")
    put = Directory.put_file

    def others_first(store: Directory, path: Path, key: str) -> None:
        monkeypatch.undo()
        commit_file(versions, tmp_path / "theirs.bin", dataset="theirs", whole=True)
        path.write_bytes(b"the next")
        put(store, path, key)

    monkeypatch.setattr(Directory, "put_file", others_first)
    with pytest.raises(DataRefused, match=r"mine\.bin: changed while it was read"):
        commit_file(versions, tmp_path / "mine.bin", whole=True)

    assert verify(versions.store).damages == ()


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "jsonl.gz", "ndjson", "ndjson.gz", "parquet"])
def test_one_table_is_the_same_rows_from_every_format(ending: str, tmp_path: Path) -> None:
    import gzip

    project = parse_project("project: p\ntarget: y\ndata: {dataset: d, columns: {c: {type: category}}}")
    rows = [{"y": n % 2, "c": f"00{n}", "x": None if n == 3 else n + 0.5} for n in range(5)]
    lines = {
        "csv": "y,c,x\n" + "".join(f"{r['y']},{r['c']},{'' if r['x'] is None else r['x']}\n" for r in rows),
        "jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    }
    path = tmp_path / f"data.{ending}"
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        content = lines["csv" if ending.startswith("csv") else "jsonl"].encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    content = versions.prepare("d", path, Wanted.of(project), mode="replace", cache=StatCache())

    assert [(column.name, column.type) for column in content.columns] == [
        ("y", "int64"),
        ("c", "string"),
        ("x", "double"),
    ]
    assert content.source.sha256 == hashing.file_hash(path)
    assert content.objects[0].content == "" or content.rows == 5


@pytest.mark.parametrize("whole_first", [True, False])
def test_whole_numbers_that_are_no_doubles_join_no_fractions(whole_first: bool, tmp_path: Path) -> None:
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    tables = [pa.table({"i": [2**53 + 1, 3]}), pa.table({"i": [1.5, 3.0]}), pa.table({"i": [2**53, None]})]
    (tmp_path / "both").mkdir()
    names = ["a", "b"] if whole_first else ["b", "a"]
    for name, table in zip((*names, "c"), tables, strict=True):
        write(tmp_path / f"both/{name}.parquet", table)
    refused = f"{names[0]}.parquet: column i holds 9{{16}}, and other rows hold fractions"

    with pytest.raises(DataRefused, match=refused):
        commit_file(versions, tmp_path / "both")
    for name in names:
        commit_file(versions, tmp_path / f"both/{name}.parquet", dataset=f"only-{name}")
    commit_file(versions, tmp_path / "both/a.parquet", mode="append")
    with pytest.raises(DataRefused, match=r"column i holds 9{16}, and rows of .* hold fractions in it"):
        commit_file(versions, tmp_path / "both/b.parquet", mode="append")

    commit_file(versions, tmp_path / f"both/{names[1]}.parquet")
    commit_file(versions, tmp_path / "both/c.parquet", mode="append")
    head = versions.head("d")
    assert head is not None
    assert versions.read(head)["i"].to_pylist() == [1.5, 3.0, float(2**53), None]


def test_the_same_bytes_under_another_ending_are_read_again(tmp_path: Path) -> None:
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    path = tmp_path / "j.csv"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    commit_file(versions, path)

    assert commit_file(versions, path.rename(tmp_path / "j.jsonl")).version == "2.0.0"
    parquet = write(tmp_path / "x.parquet", numbers(1))
    commit_file(versions, parquet)
    with pytest.raises(DataRefused, match=r"x\.csv: .*its content is Parquet"):
        commit_file(versions, parquet.rename(tmp_path / "x.csv"))


def test_this_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "named/deep").mkdir(parents=True)
    write(tmp_path / "named/a.parquet", numbers(1))
    monkeypatch.chdir(tmp_path / "named/deep")
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, Path(".."))

    head = versions.head("d")
    assert head is not None
    assert head.source.name == "named"


def test_a_large_csv_gets_types_that_hold_its_last_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    monkeypatch.setattr("evergreen.data.csv_streaming._BLOCK", 1 << 16)
    path = tmp_path / "late.csv"
    path.write_text("a,b,c\n" + "1,,2013-01-01\n" * 50_000 + "1.5,x,never\n")
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, path)

    head = versions.head("d")
    assert head is not None
    assert [column.type for column in head.columns] == ["double", "string", "string"]
    assert versions.read(head).slice(50_000).to_pylist() == [{"a": 1.5, "b": "x", "c": "never"}]


def committed(path: Path) -> pa.Table:
    versions = Versions(Directory(path.parent / "store"), profiles=False)
    commit_file(versions, path)
    head = versions.head("d")
    assert head is not None
    return versions.read(head)


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("header", ["a,b", '"a\nx",b', '\n"a",b', "\ufeffa,b", "\ufeff\n\na,b"])
def test_files_of_a_folder_are_read_as_each_alone(header: str, line_end: str, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for name, last in (("1", line_end), ("2", ""), ("3", line_end)):
        rows = [header, "1,u", '2,"v\nw"', f'3,{name}"x']
        (folder / f"{name}.csv").write_text(line_end.join(rows) + last, newline="")

    rows = committed(folder)

    assert rows.to_pylist() == [
        dict(zip(rows.column_names, row, strict=True))
        for name in "123"
        for row in ((1, "u"), (2, "v\nw"), (3, f'{name}"x'))
    ]


@pytest.mark.parametrize("kept", [0, 1 << 20])
def test_cells_of_several_lines_and_times_of_day_are_text_in_files_of_any_size(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evergreen.data.csv_reading.KEPT", kept)
    monkeypatch.setattr("evergreen.data.csv_streaming._BLOCK", 1 << 16)
    path = tmp_path / "lines.csv"
    path.write_text("text,at\n" + '"one\ntwo, three",12:30:00\n' * 20_000)

    assert committed(path).equals(pa.table({"text": ["one\ntwo, three"] * 20_000, "at": ["12:30:00"] * 20_000}))


@pytest.mark.parametrize("begun", [1, 50, 102])
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_the_last_row_of_a_large_csv_may_lie_in_two_reads_and_have_no_line_end(
    begun: int, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = 1 << 16
    monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    monkeypatch.setattr("evergreen.data.csv_streaming._BLOCK", block)
    rows = "x,y\n" + "1,a\n" * (block // 4 - 30)
    text = rows + f"1,{'b' * (block - begun - len(rows) - 3)}\n" + f"2,{'c' * 101}"
    path = tmp_path / f"rows.{ending}"
    path.write_bytes(gzip.compress(text.encode()) if ending == "csv.gz" else text.encode())

    assert committed(path).slice(block // 4 - 29).to_pylist() == [{"x": 2, "y": "c" * 101}]


@pytest.mark.parametrize("stretch", [1, 1 << 20])
@pytest.mark.parametrize("texts", [("2013-01-01", "unknown", "2013-01-02"), ("unknown", "2013-01-01", "2013-01-02")])
def test_json_columns_of_times_and_text_are_text_in_files_of_any_size(
    texts: tuple[str, ...], stretch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evergreen.data.json_reading._STRETCH", stretch)
    path = tmp_path / "times.jsonl"
    path.write_text("".join(json.dumps({"t": text}) + "\n" for text in texts))

    assert committed(path)["t"].to_pylist() == list(texts)


def test_small_files_are_compacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.preparing._MANY_FILES", 100)
    folder = tmp_path / "many"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(200):
        (folder / f"{number:03d}.csv").write_text("x,k\n" + "".join(f"{value},1\n" for value in random.normal(size=50)))
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, folder)

    head = versions.head("d")
    assert head is not None
    assert (len(head.objects), head.rows) == (1, 10_000)


def test_the_same_rows_change_nothing_when_the_first_of_many_files_is_tiny(tmp_path: Path) -> None:
    table = numbers(1, rows=20_000)
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    first = commit_file(versions, write(tmp_path / "one.parquet", table))
    folder = tmp_path / "two"
    folder.mkdir()
    write(folder / "a.parquet", table.slice(0, 5))
    write(folder / "b.parquet", table.slice(5))

    again = commit_file(versions, folder)

    assert (again.unchanged, again.manifest_id) == (True, first.manifest_id)
