"""What was added waits for one commit, whoever adds at the same time and whatever the files are called."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from evergreen.data.commits import Content, Incoming
from evergreen.data.directory import Directory
from evergreen.data.manifest import NewFiles
from evergreen.data.staging import Staging
from evergreen.data.stat_cache import StatCache
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused, StoreFailed
from tests.unit.data.stores import commit_file, numbers, write


class Place:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = Versions(Directory(folder / "store"), profiles=False)

    @property
    def staging(self) -> Staging:
        """As another command sees it."""
        return Staging(self.folder / "added", "store", "d")

    def prepared(self, path: Path, *, whole: bool = False) -> Content:
        return self.versions.prepare("d", path, Wanted(), mode="replace", cache=StatCache(), whole=whole)

    def add(self, path: Path, *, whole: bool = False) -> None:
        self.staging.add(self.prepared(path, whole=whole), path)

    def commit(self, mode: NewFiles = "replace") -> pa.Table:
        staging = self.staging
        content = staging.take(self.versions.ingest())
        assert content is not None
        self.versions.publish("d", Incoming(content, mode, "m", "2013-01-01T00:00:00Z"))
        staging.clear()
        head = self.versions.head("d")
        assert head is not None
        return self.versions.read(head)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return Place(tmp_path)


def test_files_of_one_name_and_several_folders_are_all_committed(place: Place) -> None:
    for seed, name in enumerate(("one", "two")):
        place.add(write(place.folder / name / "data.parquet", numbers(seed)))

    assert place.commit().equals(pa.concat_tables([numbers(0), numbers(1)]))
    assert place.staging.take(place.versions.ingest()) is None


@pytest.mark.parametrize("whole_first", [True, False])
def test_additions_of_whole_numbers_that_are_no_doubles_join_no_fractions(whole_first: bool, place: Place) -> None:
    tables = [pa.table({"i": [2**53 + 1, 3]}), pa.table({"i": [1.5, 3.0]})]
    for name, table in zip(("one", "two"), tables if whole_first else tables[::-1], strict=True):
        place.add(write(place.folder / f"{name}/data.parquet", table))

    with pytest.raises(DataRefused, match=r"column i holds 9{16}, and rows of .* hold fractions in it"):
        place.commit()
    assert place.versions.head("d") is None


def test_what_others_committed_meanwhile_is_joined_as_exactly(place: Place) -> None:
    content = place.prepared(write(place.folder / "one/data.parquet", pa.table({"i": [2**53 + 1, 3]})))
    place.add(write(place.folder / "two/data.parquet", pa.table({"i": [1.5, 3.0]})))
    place.commit()

    with pytest.raises(DataRefused, match=r"data\.parquet: column i holds 9{16}, and rows of d 1\.0\.0 hold"):
        place.versions.publish("d", Incoming(content, "append", "m", "2013-01-01T00:00:00Z"))


def test_a_file_that_is_added_again_counts_once(place: Place) -> None:
    path = write(place.folder / "one/data.parquet", numbers(1))
    place.add(path)
    place.add(write(place.folder / "two/data.parquet", numbers(2)))
    place.add(write(path, numbers(3)))

    assert place.commit().equals(pa.concat_tables([numbers(2), numbers(3)]))


def test_equal_rows_of_two_files_are_there_twice_as_in_a_folder(place: Place) -> None:
    for name in ("x", "y", "z"):
        place.add(write(place.folder / f"one/{name}.parquet", numbers(1)))

    rows = place.commit()

    commit_file(place.versions, place.folder / "one", dataset="folder")
    head, folder = place.versions.head("d"), place.versions.head("folder")
    assert head is not None
    assert folder is not None
    assert rows.equals(pa.concat_tables([numbers(1)] * 3))
    assert rows.equals(place.versions.read(folder))
    assert len({item.sha256 for item in head.objects}) == 3
    assert verify(place.versions.store).damages == ()


def test_additions_at_the_same_time_are_all_kept(place: Place) -> None:
    paths = [write(place.folder / f"{number}.parquet", numbers(number, 10)) for number in range(12)]
    contents = [place.prepared(path) for path in paths]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda content, path: place.staging.add(content, path), contents, paths))

    assert place.commit().num_rows == 120


def test_an_addition_during_a_commit_waits_for_the_next(place: Place) -> None:
    path = write(place.folder / "one/data.parquet", numbers(1))
    place.add(path)
    staging = place.staging
    staging.take(place.versions.ingest())
    place.add(write(path, numbers(2)))
    staging.clear()

    assert place.commit().equals(numbers(2))


def test_two_files_for_one_path_are_refused(place: Place) -> None:
    for name in ("one", "two"):
        (place.folder / name / "notes.txt").write_text(name)
    place.add(place.folder / "one/notes.txt")

    with pytest.raises(DataRefused, match=r"notes\.txt is added from two places; add the folder that holds both"):
        place.add(place.folder / "two/notes.txt")
    with pytest.raises(DataRefused, match="tables and whole files are added together"):
        place.add(write(place.folder / "t.parquet", numbers(1)))


def test_a_file_cannot_join_a_folder_of_its_name(place: Place) -> None:
    (place.folder / "one/a").write_text("a file")
    (place.folder / "two/a").mkdir()
    (place.folder / "two/a/b").write_text("in a folder")
    commit_file(place.versions, place.folder / "one")

    with pytest.raises(DataRefused, match="two: a would be a file and a folder of files in one version"):
        commit_file(place.versions, place.folder / "two", mode="append")
    place.add(place.folder / "one")
    place.add(place.folder / "two")
    with pytest.raises(DataRefused, match="a would be a file and a folder"):
        place.commit()


def test_a_full_disk_and_a_damaged_note_are_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    content = place.prepared(write(place.folder / "one/data.parquet", numbers(1)))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreFailed, match=r"writing .*/added/.*\.json: No space left on device"):
            place.staging.add(content, place.folder / "one/data.parquet")
    assert place.staging.take(place.versions.ingest()) is None
    place.staging.add(replace(content), place.folder / "one/data.parquet")
    next((place.folder / "added").rglob("*.json")).write_text("{}")

    with pytest.raises(DataRefused, match=r"\.json: cannot be read .*; delete it and add again"):
        place.staging.take(place.versions.ingest())


def test_additions_that_fit_below_no_others_are_refused_when_they_are_added(place: Place) -> None:
    place.add(write(place.folder / "one.parquet", pa.table({"x": [1], "k": [2]})))

    with pytest.raises(
        DataRefused, match=r"two\.parquet: column x holds string, and in the additions before it int64; .*"
    ):
        place.add(write(place.folder / "two.parquet", pa.table({"x": ["a"], "k": [2]})))
    with pytest.raises(
        DataRefused, match=r"three\.parquet: the additions before it have the column k, .* or delete .*"
    ):
        place.add(write(place.folder / "three.parquet", pa.table({"x": [1]})))

    assert place.commit().num_rows == 1
