"""Refused input: a sentence that names the file and the place, nothing committed, nothing left in temporary folders."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data import sources
from evergreen.data.directory import Directory
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused, EvergreenError, StoreFailed
from evergreen.project.reader import parse_project
from tests.unit.data.stores import commit_file, numbers, write
from tests.unit.users import NOBODY, can_be_somebody

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
    "invalid UTF-8": (long_csv("bytes.csv", b"1,2,\xff\xfe", 1_000), r"bytes\.csv: .*Row #1000: .*invalid UTF8"),
    "duplicate names in CSV": (text("twice.csv", "x,y,x\n1,2,3\n"), r"twice\.csv: more than one column is named x"),
    "duplicate names in Parquet": (twice, r"twice\.parquet: more than one column is named x"),
    "zero rows in CSV": (text("none.csv", "x,y\n"), r"none\.csv: the file has no rows"),
    "zero rows in Parquet": (empty_table, r"none\.parquet: the file has no rows"),
    "zero bytes": (text("zero.csv", ""), r"zero\.csv: the file is empty"),
    "5,000 columns": (wide, r"wide\.parquet: has 5,000 columns; a data version holds at most 2,000"),
    "nested columns": (nested, r"nested\.parquet: column x holds list<"),
    "parts that do not fit": (mixed, r"2\.parquet: column x holds string, and in the files before it int64"),
    "one bad file of many": (one_bad_of_many, r"33\.csv: .*Expected 2 columns, got 3"),
    "bad JSON": (text("a.jsonl", '{"a":1}\n{"a":2}\n{"a":\n'), r"a\.jsonl: cannot be read as JSON Lines: .*line 3"),
    "nested JSON": (text("b.jsonl", '{"a":{"b":1}}\n'), r"b\.jsonl: column a holds struct<"),
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


def test_refuses_a_folder_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_FILES", 20)
    for number in range(25):
        (tmp_path / f"{number}.txt").touch()

    with pytest.raises(DataRefused, match=r"holds more than 20 files, .* is the first beyond"):
        commit_file(Versions(Directory(tmp_path / "store")), tmp_path)


@pytest.fixture
def somebody() -> Iterator[Path]:
    """A folder of a user for whom permissions hold: root becomes nobody."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid():
            yield Path(folder)
            return
        if not can_be_somebody():
            pytest.skip("this root may not become anybody else")
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_says_which_file_may_not_be_read(somebody: Path) -> None:
    path = write(somebody / "secret.parquet", numbers(1))
    path.chmod(0)

    with pytest.raises(DataRefused, match=r"secret\.parquet: Permission denied"):
        commit_file(Versions(Directory(somebody / "store")), path)


def test_says_which_store_may_not_be_written(somebody: Path) -> None:
    path = write(somebody / "one.parquet", numbers(1))
    (somebody / "store").mkdir(mode=0o500)

    with pytest.raises(StoreFailed, match=r"store.*: Permission denied"):
        commit_file(Versions(Directory(somebody / "store")), path)


def test_says_which_file_and_which_store_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "one.parquet", numbers(1))

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("evergreen.data.sources.file_hash", forbidden)
        with pytest.raises(DataRefused, match=r"one\.parquet: Permission denied"):
            commit_file(Versions(Directory(tmp_path / "store")), path)
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(EvergreenError, match=r"/file/.*: Not a directory"):
        commit_file(Versions(Directory(tmp_path / "file")), path)


@pytest.mark.parametrize("survivors", range(4))
def test_a_full_disk_commits_nothing_and_says_so(
    survivors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import evergreen.data.directory as module

    versions, left = Versions(Directory(tmp_path / "store"), profiles=False), [survivors]
    first = commit_file(versions, write(tmp_path / "one.parquet", numbers(1)))
    link, through = module._link, module._write_through

    def filling(real: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(*arguments)

        return call

    monkeypatch.setattr(module, "_link", filling(link))
    monkeypatch.setattr(module, "_write_through", filling(through))

    with pytest.raises(EvergreenError, match="No space left on device"):
        commit_file(versions, write(tmp_path / "two.parquet", numbers(2, 1_500)))

    monkeypatch.undo()
    assert [each.id for each in versions.log("d")] == [first.manifest_id]
    assert [path for path in (tmp_path / "store").rglob(".*") if path.name != ".lock"] == []
    assert commit_file(versions, tmp_path / "two.parquet").version == "1.0.1"


def test_a_file_that_was_hashed_is_not_hashed_again_until_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "one.parquet", numbers(1))
    os.utime(path, (1, 1))
    cache = tmp_path / "cache.json"

    for _ in range(2):
        remembered = StatCache(cache)
        found = sources.hashes(sources.found_files(path), remembered)
        remembered.save()
    state = path.stat()

    assert StatCache(cache).get(path, state) in (found[0], None)
    path.write_bytes(b"changed")
    assert StatCache(cache).get(path, path.stat()) is None


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"])
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
        content = lines[ending.partition(".")[0]].encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    content = versions.prepare("d", path, Wanted.of(project), mode="replace", cache=StatCache())

    assert [(column.name, column.type) for column in content.columns] == [
        ("y", "int64"),
        ("c", "string"),
        ("x", "double"),
    ]
    assert content.source.sha256 == sources.file_hash(path)
    assert content.objects[0].content == "" or content.rows == 5


def test_a_large_csv_gets_types_that_hold_its_last_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    monkeypatch.setattr("evergreen.data.csv_reading._BLOCK", 1 << 16)
    path = tmp_path / "late.csv"
    path.write_text("a,b,c\n" + "1,,2013-01-01\n" * 50_000 + "1.5,x,never\n")
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, path)

    head = versions.head("d")
    assert head is not None
    assert [column.type for column in head.columns] == ["double", "string", "string"]
    assert versions.read(head).slice(50_000).to_pylist() == [{"a": 1.5, "b": "x", "c": "never"}]


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
