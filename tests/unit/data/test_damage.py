"""Stores that lost a file, or hold one with other bytes: nothing is built on it, and caches are made again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from evergreen.data.collection import collect
from evergreen.data.commits import Incoming
from evergreen.data.directory import Directory
from evergreen.data.flag import STATE, epoch, raise_flag
from evergreen.data.keys import branch_key, manifest_key, object_key, profile_key, tag_key, version_profile_key
from evergreen.data.names import find, tag, tags
from evergreen.data.pull import pull
from evergreen.data.stat_cache import StatCache
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import CommitConflict, DataRefused, EvergreenError, StoreFailed
from tests.unit.data.stores import commit_file, numbers, write

ROWS = numbers(1, 40_000)


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    made = Versions(Directory(tmp_path / "store"))
    commit_file(made, write(tmp_path / "one.parquet", ROWS))
    return made


def parts(versions: Versions) -> list[Path]:
    return [Path(versions.store.uri(object_key(item.sha256))) for item in find(versions, "d").objects]


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [Path.unlink, cut_short])
def test_a_commit_writes_parts_of_its_head_again_that_are_gone_or_cut_short(
    harm: Callable[[Path], None], versions: Versions, tmp_path: Path
) -> None:
    first, *others = parts(versions)
    assert others
    harm(first)
    write(tmp_path / "two.parquet", pa.concat_tables([ROWS, numbers(2, 10)]))

    assert commit_file(versions, tmp_path / "two.parquet").version == "1.0.1"

    assert verify(versions.store).damages == ()


@pytest.mark.parametrize("harm", [Path.unlink, cut_short])
def test_a_commit_of_the_same_file_mends_its_version(
    harm: Callable[[Path], None], versions: Versions, tmp_path: Path
) -> None:
    harm(parts(versions)[0])

    assert commit_file(versions, tmp_path / "one.parquet").unchanged

    assert verify(versions.store).damages == ()


def test_a_commit_of_the_same_whole_file_mends_it(tmp_path: Path) -> None:
    versions = Versions(Directory(tmp_path / "store"))
    (tmp_path / "notes.txt").write_text("one two three")
    commit_file(versions, tmp_path / "notes.txt", whole=True)
    (stored,) = find(versions, "d").sizes()
    cut_short(Path(versions.store.uri(stored)))

    assert commit_file(versions, tmp_path / "notes.txt", whole=True).unchanged

    assert verify(versions.store).damages == ()


def test_a_pull_mends_objects_that_are_cut_short(versions: Versions, tmp_path: Path) -> None:
    copy = Versions(Directory(tmp_path / "copy"))
    pull(versions, copy, "d")
    cut_short(parts(copy)[0])

    assert pull(versions, copy, "d").objects == 1

    assert verify(copy.store).damages == ()


def test_a_manifest_with_other_content_than_its_name_is_no_version(versions: Versions, tmp_path: Path) -> None:
    path = Path(versions.store.uri(manifest_key("d", find(versions, "d").id)))
    path.write_bytes(path.read_bytes().replace(b'"message":"m"', b'"message":"x"'))
    write(tmp_path / "two.parquet", numbers(2))

    for use in (
        lambda: versions.log("d"),
        lambda: find(versions, "d", "1.0.0"),
        lambda: commit_file(versions, tmp_path / "two.parquet"),
        lambda: collect(versions.store, grace=0),
    ):
        with pytest.raises(StoreFailed, match=rf"{path.name} does not have the content .*; restore it"):
            use()
    path.unlink()
    with pytest.raises(StoreFailed, match=rf"{path.name} does not exist: .* nothing is collected"):
        collect(versions.store, grace=0)


@pytest.mark.parametrize("key", [branch_key("d"), tag_key("d", "rel")])
def test_an_empty_pointer_is_named(key: str, versions: Versions, tmp_path: Path) -> None:
    tag(versions, "d", "rel", find(versions, "d"))
    collect(versions.store)
    Path(versions.store.uri(key)).write_bytes(b"")
    write(tmp_path / "two.parquet", numbers(2))

    uses: list[Callable[[], object]] = [lambda: collect(versions.store)]
    if "tags" in key:
        uses.append(lambda: find(versions, "d", "rel"))
    else:
        uses.append(lambda: commit_file(versions, tmp_path / "two.parquet"))
    for use in uses:
        with pytest.raises(StoreFailed, match=f"{key} is damaged"):
            use()


def test_an_empty_note_of_what_a_file_became_is_written_again(versions: Versions, tmp_path: Path) -> None:
    (note,) = (tmp_path / "store/ingests").rglob("*.json")
    whole = note.read_bytes()
    note.write_bytes(b"")

    assert commit_file(versions, tmp_path / "one.parquet").unchanged
    assert note.read_bytes() == whole
    note.write_bytes(b"")
    assert collect(versions.store, grace=0).keys == (note.relative_to(tmp_path / "store").as_posix(),)


def test_files_of_others_beside_the_datasets_are_passed_over(versions: Versions, tmp_path: Path) -> None:
    (tmp_path / "store/datasets/Thumbs.db").write_bytes(b"")
    (tmp_path / "store/datasets/d/note").write_bytes(b"")

    assert collect(versions.store, grace=0).keys == ()
    assert verify(versions.store).versions == 1


@pytest.mark.parametrize("body", ["", "{", "[]", '{"epoch":"x","running":false}', '{"epoch":3,"running":"no"}'])
def test_a_damaged_flag_holds_up_commits_until_a_collection_takes_it_over(
    body: str, versions: Versions, tmp_path: Path
) -> None:
    two = write(tmp_path / "two.parquet", numbers(2))
    begun = versions.prepare("d", two, Wanted(), mode="replace", cache=StatCache())
    state = Path(versions.store.uri(STATE))
    state.parent.mkdir()
    at_work = raise_flag(versions.store)
    state.write_text(body)

    with pytest.raises(CommitConflict, match=r"a collection \(evergreen data gc\) is at work"):
        commit_file(versions, two)
    with pytest.raises(CommitConflict, match="was overtaken"):
        at_work.renew()
    collect(versions.store, grace=0)

    assert epoch(versions.store).running is False
    assert commit_file(versions, two).version == "1.0.1"
    assert verify(versions.store).damages == ()
    state.write_text(body)
    os.utime(state, (1, 1))
    assert versions.publish("d", Incoming(begun, "replace", "again", "2013-01-03T00:00:00Z")).unchanged
    assert commit_file(versions, tmp_path / "one.parquet").version == "1.0.2"


def test_a_pull_has_no_file_in_the_temporary_folder_that_its_death_could_leave(
    versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    seen: list[list[Path]] = []
    put = Directory.put_file

    def watched(store: Directory, path: Path, key: str) -> None:
        seen.append(list(temporary.iterdir()))
        put(store, path, key)

    monkeypatch.setattr(Directory, "put_file", watched)

    pull(versions, Versions(Directory(tmp_path / "copy")), "d")

    assert seen == [[] for _ in parts(versions)]
    assert verify(Directory(tmp_path / "copy")).damages == ()


def test_a_refused_pull_leaves_the_target_as_it_was(versions: Versions, tmp_path: Path) -> None:
    tag(versions, "d", "rel", find(versions, "d"))
    other = Versions(Directory(tmp_path / "other"))
    commit_file(other, write(tmp_path / "two.parquet", numbers(2)))
    before = [entry.key for entry in other.store.entries("")]

    with pytest.raises(EvergreenError, match="is not in the history"):
        pull(versions, other, "d")

    assert [entry.key for entry in other.store.entries("")] == before


def test_a_pull_says_which_tag_is_another_version(versions: Versions, tmp_path: Path) -> None:
    copy = Versions(Directory(tmp_path / "copy"))
    pull(versions, copy, "d")
    tag(copy, "d", "rel", find(copy, "d"))
    commit_file(versions, write(tmp_path / "two.parquet", numbers(2)))
    tag(versions, "d", "rel", find(versions, "d"))

    with pytest.raises(EvergreenError, match=r"rel is d 1\.0\.1 there and 1\.0\.0 in this store; .*--delete"):
        pull(versions, copy, "d")

    assert find(copy, "d").version == "1.0.0"
    assert list(tags(copy, "d")) == ["rel"]


def test_a_damaged_profile_is_made_again(versions: Versions) -> None:
    head = find(versions, "d")
    whole = versions.profile(head).to_bytes()
    keys = [version_profile_key(head.id), profile_key(head.objects[0].sha256)]
    before = [versions.store.get(key) for key in keys]
    for key in keys:
        Path(versions.store.uri(key)).write_bytes(b"")

    assert versions.profile(head).to_bytes() == whole
    assert [versions.store.get(key) for key in keys] == before


def test_a_damaged_object_is_not_profiled(versions: Versions) -> None:
    head = find(versions, "d")
    versions.store.delete([profile_key(item.sha256) for item in head.objects])
    cut_short(parts(versions)[0])

    with pytest.raises(DataRefused, match="does not have the content"):
        versions.profile(head)


@pytest.mark.parametrize("files", ["[]", "5", '{"PATH":5}', '{"PATH":[]}', '{"PATH":["a"]}'])
def test_a_damaged_note_of_hashes_is_passed_over(files: str, tmp_path: Path) -> None:
    path = write(tmp_path / "one.parquet", numbers(1))
    (tmp_path / "hashes.json").write_text(f'{{"format":1,"files":{files.replace("PATH", str(path))}}}')

    assert StatCache(tmp_path / "hashes.json").get(str(path), path.stat()) is None
