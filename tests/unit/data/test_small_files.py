"""Many small CSV files are opened once: they are hashed as they are read, unless they were hashed before."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from evergreen.data import hashing
from evergreen.data.directory import Directory
from evergreen.data.manifest import Manifest
from evergreen.data.sources import SourceFile, found_files, source_of
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from tests.unit.data.stores import commit_file

FILES = 70


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "many"
    home.mkdir()
    for number in range(FILES):
        (home / f"{number:02d}.csv").write_text(f"n,w\n{number},w{number}\n")
    return home


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the files are read, to be parsed or to be hashed."""
    found: Counter[str] = Counter()
    content, file_hash = hashing.content, hashing.file_hash

    def read(file: SourceFile) -> bytes:
        found[file.place] += 1
        return content(file)

    def hashed(place: str, *stopped: Any) -> str:
        found[place] += 1
        return file_hash(place, *stopped)

    monkeypatch.setattr("evergreen.data.hashing.content", read)
    monkeypatch.setattr("evergreen.data.hashing.file_hash", hashed)
    return found


def read_once(versions: Versions, folder: Path, opened: Counter[str]) -> Manifest:
    """The version that the folder became, each of whose files was read once, and whose source names their hashes."""
    files = found_files(folder)
    assert opened == {file.place: 1 for file in files}
    head = versions.head("d")
    assert head is not None
    assert head.source == source_of(folder, files, hashing.hashes(files, StatCache()))
    return head


def test_each_is_read_once_and_the_version_names_their_hashes(
    tmp_path: Path, folder: Path, opened: Counter[str]
) -> None:
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, folder)

    head = read_once(versions, folder, opened)
    expected = pa.table({"n": range(FILES), "w": [f"w{number}" for number in range(FILES)]})
    assert versions.read(head).equals(expected)


def test_a_folder_that_is_known_by_its_content_is_not_stored_again(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Directory(tmp_path / "store")
    first = commit_file(Versions(store, profiles=False), folder)

    def stored(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError("rows that are known were cut again")

    monkeypatch.setattr("evergreen.data.preparing._stored", stored)
    again = commit_file(Versions(store, profiles=False), folder)

    assert (again.unchanged, again.manifest_id) == (True, first.manifest_id)


def test_files_whose_hashes_are_remembered_are_not_opened(tmp_path: Path, folder: Path, opened: Counter[str]) -> None:
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    time.sleep(0.05)  # files as young as the clock's tick are not remembered
    for dataset in ("one", "other"):
        cache = StatCache(tmp_path / "hashes.json")
        versions.prepare(dataset, folder, Wanted(), mode="replace", cache=cache)
        cache.save()

    assert opened == {file.place: 1 for file in found_files(folder)}


def test_a_large_file_among_them_is_hashed_too(
    tmp_path: Path, folder: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pieces", "csv_reading"):
        monkeypatch.setattr(f"evergreen.data.{module}.KEPT", 2_000)
    (folder / "50.csv").write_text("n,w\n" + "7,word\n" * 500)
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, folder)

    head = read_once(versions, folder, opened)
    assert head.rows == FILES + 499


def test_a_file_that_changes_after_it_was_read_is_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = hashing.content

    def read(file: SourceFile) -> bytes:
        held = content(file)
        if file.name == "13.csv":
            file.path.write_text("n,w\n-1,other\n")
        return held

    monkeypatch.setattr("evergreen.data.hashing.content", read)
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    with pytest.raises(DataRefused, match=r"13\.csv: changed while it was read"):
        commit_file(versions, folder)
    assert versions.head("d") is None
