"""Files and stores that may not be read or written: a sentence that names them, and nothing is committed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evergreen.data.collection import collect
from evergreen.data.directory import Directory, _write_through
from evergreen.data.flag import epoch
from evergreen.data.names import find
from evergreen.data.profiling import profile_objects
from evergreen.data.staging import Staging
from evergreen.data.stat_cache import StatCache
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused, EvergreenError, StoreFailed
from tests.unit.data.stores import commit_file, numbers, write
from tests.unit.users import NOBODY, can_be_somebody


@pytest.fixture
def somebody() -> Iterator[Path]:
    """A folder of a user for whom permissions hold: root becomes nobody."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid():
            yield Path(folder)
            return
        # Permissions do not hold for root: in a container that keeps it root there is nothing to try.
        if not can_be_somebody():
            pytest.skip("permissions do not hold for root, and this root may not become anybody else")
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


@pytest.mark.parametrize("closed", ["datasets", "datasets/secret", "objects"])
def test_what_may_not_be_read_is_neither_collected_nor_passed_over(closed: str, somebody: Path) -> None:
    versions = Versions(Directory(somebody / "store"), profiles=False)
    for number, name in enumerate(("secret", "pub")):
        commit_file(versions, write(somebody / f"{name}.parquet", numbers(number)), dataset=name)
    for entry in versions.store.entries(""):
        os.utime(versions.store.uri(entry.key), (0, 0))
    (somebody / "store" / closed).chmod(0)

    uses: list[Callable[[], object]] = [lambda: collect(versions.store)]
    if closed != "objects":
        uses += [lambda: verify(versions.store), lambda: versions.log("secret")]
    for use in uses:
        with pytest.raises(StoreFailed, match=f"store/{closed}.*: Permission denied"):
            use()

    (somebody / "store" / closed).chmod(0o700)
    assert verify(versions.store).damages == ()
    assert not epoch(versions.store).running


def test_a_store_that_may_not_be_written_shows_its_profiles(somebody: Path) -> None:
    versions = Versions(Directory(somebody / "store"), profiles=False)
    commit_file(versions, write(somebody / "one.parquet", numbers(1)))
    head = find(versions, "d")
    (somebody / "store").chmod(0o500)

    assert versions.profile(head).rows == head.rows
    with pytest.raises(StoreFailed, match="Permission denied"):
        profile_objects(versions.store, [item.sha256 for item in head.objects])
    (somebody / "store").chmod(0o700)


def test_says_which_note_of_additions_may_not_be_written(somebody: Path) -> None:
    versions = Versions(Directory(somebody / "store"))
    path = write(somebody / "one.parquet", numbers(1))
    content = versions.prepare("d", path, Wanted(), mode="replace", cache=StatCache())
    (somebody / "home").mkdir(mode=0o500)

    with pytest.raises(StoreFailed, match=r"home/.*: Permission denied"):
        Staging(somebody / "home/added", "store", "d").add(content, path)


@pytest.mark.parametrize("survivors", range(3))
def test_a_full_disk_keeps_no_flag_and_says_what_to_delete(
    survivors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = Versions(Directory(tmp_path / "store"))
    commit_file(versions, write(tmp_path / "one.parquet", numbers(1)))
    monkeypatch.setattr("evergreen.data.directory._write_through", _filling(_write_through, [survivors]))

    with pytest.raises(StoreFailed, match=r"No space left on device; .* delete .*store/profiles"):
        collect(versions.store)
    shutil.rmtree(tmp_path / "store/profiles")
    monkeypatch.undo()

    assert versions.profile(find(versions, "d")).rows == 600


def test_says_which_file_and_which_store_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "one.parquet", numbers(1))

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("evergreen.data.hashing.file_hash", forbidden)
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

    monkeypatch.setattr(module, "_link", _filling(link, left))
    monkeypatch.setattr(module, "_write_through", _filling(through, left))

    with pytest.raises(EvergreenError, match="No space left on device"):
        commit_file(versions, write(tmp_path / "two.parquet", numbers(2, 1_500)))

    monkeypatch.undo()
    assert [each.id for each in versions.log("d")] == [first.manifest_id]
    assert [path for path in (tmp_path / "store").rglob(".*") if path.name != ".lock"] == []
    assert commit_file(versions, tmp_path / "two.parquet").version == "1.0.1"


def _filling(write: Callable[..., None], left: list[int]) -> Callable[..., None]:
    """The disk is full after so many writes more."""

    def call(*arguments: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments)

    return call
