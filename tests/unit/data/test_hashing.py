"""A large Parquet file is hashed while its rows are read; when the hash is known already, the reading ends."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data import hashing, row_hash
from evergreen.data.directory import Directory
from evergreen.data.versions import Versions
from evergreen.errors import DataRefused
from tests.unit.data.stores import commit_file, write

BATCHES = 200


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.hashing._LARGE", 1)
    monkeypatch.setattr("evergreen.data.pieces.KEPT", 0)
    monkeypatch.setattr("evergreen.data.parquet_reading.KEPT", 0)
    monkeypatch.setattr("evergreen.data.parquet_reading._BATCH", 10)


def table(start: int = 0) -> pa.Table:
    words = np.array(["low", "middle", "high"])
    return pa.table({"n": np.arange(start, start + 10 * BATCHES), "w": words[np.arange(10 * BATCHES) % 3]})


def test_a_version_names_the_hash_that_was_made_beside_the_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", table())
    versions = Versions(Directory(tmp_path / "store"), profiles=False)

    commit_file(versions, path)

    head = versions.head("d")
    assert head is not None
    assert head.source.sha256 == hashing.file_hash(path)
    assert versions.read(head).equals(pq.read_table(path))


def test_reading_ends_when_the_hash_shows_that_the_rows_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = write(tmp_path / "t.parquet", table()), Directory(tmp_path / "store")
    first = commit_file(Versions(store, profiles=False), path)
    read, asked, hashed = 0, Event(), hashing._hash

    def progress(doing: str, _done: int, _of: int) -> None:
        nonlocal read
        if doing == "reading":
            read += 1
            asked.set()
            time.sleep(0.01)

    def late(*arguments: Any) -> str:
        asked.wait()
        return hashed(*arguments)

    monkeypatch.setattr("evergreen.data.hashing._hash", late)
    again = commit_file(Versions(store, progress=progress, profiles=False), path.rename(tmp_path / "u.parquet"))

    assert (again.unchanged, again.manifest_id) == (True, first.manifest_id)
    assert 0 < read < BATCHES


def test_a_refusal_does_not_wait_for_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "t.parquet", table())
    path.write_bytes(path.read_bytes()[:-8] + b"not PAR1")
    pieces: list[bool] = []

    def endless(_path: str, stopped: Any) -> str:
        while not stopped():
            time.sleep(0.001)
        pieces.append(True)
        return ""

    monkeypatch.setattr("evergreen.data.hashing.file_hash", endless)
    with pytest.raises(DataRefused, match=r"t\.parquet: cannot be read as Parquet"):
        commit_file(Versions(Directory(tmp_path / "store"), profiles=False), path)

    assert pieces


def test_texts_in_dictionaries_are_the_rows_and_cuts_that_they_are_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evergreen.profiles.parquet_files._CODE", 1_000)
    monkeypatch.setattr("evergreen.data.cutting.FEWEST_ROWS", 8)
    coded_hashes = Counter[bool]()
    term = row_hash._term

    def counted(values: pa.Array, constant: Any) -> Any:
        coded_hashes[pa.types.is_dictionary(values.type)] += 1
        return term(values, constant)

    monkeypatch.setattr("evergreen.data.row_hash._term", counted)
    words = pa.array(["low", None, "", "a longer text than eight bytes", "ü"] * 40)
    rows = pa.table({"n": np.arange(200), "w": words, "v": pa.array([f"v{at}" for at in range(200)])})
    found = []
    for name, coded in (("a", ["w", "v"]), ("b", [])):
        pq.write_table(rows, tmp_path / f"{name}.parquet", use_dictionary=coded, row_group_size=70)
        versions = Versions(Directory(tmp_path / name), profiles=False)
        commit_file(versions, tmp_path / f"{name}.parquet")
        head = versions.head("d")
        assert head is not None
        assert versions.read(head).equals(rows)
        found.append(head.objects)

    assert found[0] == found[1]
    assert coded_hashes[True] >= 40
