from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from evergreen.data.collection import collect
from evergreen.data.commits import Incoming
from evergreen.data.directory import Directory
from evergreen.data.flag import STATE, epoch, raise_flag
from evergreen.data.keys import manifest_key, object_key, version_profile_key
from evergreen.data.names import find, tag, untag
from evergreen.data.stat_cache import StatCache
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import CommitConflict, StoreFailed
from tests.unit.data.stores import Interrupted, commit_file, numbers, write

PREPARED: Any = {"wanted": Wanted(), "mode": "replace", "cache": StatCache()}


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    made = Versions(Directory(tmp_path / "store"))
    commit_file(made, write(tmp_path / "one.parquet", numbers(1)))
    return made


def grow_old(versions: Versions) -> None:
    for entry in versions.store.entries(""):
        os.utime(versions.store.uri(entry.key), (0, 0))


def test_takes_nothing_that_a_version_reaches(versions: Versions, tmp_path: Path) -> None:
    commit_file(versions, write(tmp_path / "two.parquet", numbers(2)))
    grow_old(versions)

    found = collect(versions.store)

    assert found.keys == ()
    assert verify(versions.store).damages == ()
    assert len(versions.log("d")) == 2


def test_takes_what_nothing_reaches_once_it_is_old(versions: Versions, tmp_path: Path) -> None:
    added = versions.prepare("d", write(tmp_path / "two.parquet", numbers(2)), **PREPARED)
    lost = [object_key(item.sha256) for item in added.objects]

    assert collect(versions.store).keys == ()
    grow_old(versions)
    dry = collect(versions.store, dry_run=True, grace=0)
    assert all(versions.store.exists(key) for key in lost)
    assert set(collect(versions.store).keys) == set(dry.keys) >= set(lost)
    assert not any(versions.store.exists(key) for key in lost)
    assert commit_file(versions, tmp_path / "two.parquet").version == "1.0.1"
    assert verify(versions.store).damages == ()


def test_tags_and_models_keep_a_version_that_no_branch_leads_to(versions: Versions, tmp_path: Path) -> None:
    head = find(versions, "d")
    tag(versions, "d", "kept", head)
    versions.store.delete(["datasets/d/branches/main.json"])
    grow_old(versions)

    assert collect(versions.store).keys == ()
    (tmp_path / "store/datasets/d/tags/kept.json").unlink()
    assert collect(versions.store, roots=[head.id]).keys == ()
    assert manifest_key("d", head.id) in collect(versions.store).keys


def test_a_commit_during_a_collection_is_told(versions: Versions, tmp_path: Path) -> None:
    versions.store.swap(STATE, b'{"epoch":1,"running":true}', None)

    with pytest.raises(CommitConflict, match="a collection"):
        commit_file(versions, write(tmp_path / "two.parquet", numbers(2)))


def test_a_collection_that_fails_or_is_interrupted_lowers_its_flag(
    versions: Versions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (KeyboardInterrupt, StoreFailed):
        with monkeypatch.context() as patch:
            patch.setattr("evergreen.data.collection._garbage", Mock(side_effect=error))
            with pytest.raises(error):
                collect(versions.store)

    assert epoch(versions.store) == (2, False)
    assert commit_file(versions, write(tmp_path / "two.parquet", numbers(2))).version == "1.0.1"


def test_a_collection_that_died_holds_nobody_up_for_long(versions: Versions, tmp_path: Path) -> None:
    raise_flag(versions.store)
    path = write(tmp_path / "two.parquet", numbers(2))
    with pytest.raises(CommitConflict, match="If it died, run it again, or commit after 15 minutes"):
        commit_file(versions, path)
    os.utime(versions.store.uri(STATE), (0, 0))

    assert commit_file(versions, path).version == "1.0.1"

    assert epoch(versions.store) == (1, False)


def test_a_collection_that_was_taken_for_dead_deletes_nothing_more(versions: Versions, tmp_path: Path) -> None:
    lost = versions.prepare("d", write(tmp_path / "two.parquet", numbers(2)), **PREPARED)
    path = write(tmp_path / "three.parquet", numbers(3))

    class Paused(Interrupted):
        def delete(self, keys: list[str]) -> None:
            raise AssertionError(keys)

    def meanwhile() -> None:
        os.utime(versions.store.uri(STATE), (0, 0))
        commit_file(versions, path)

    rehearsal = Interrupted(versions.store, lambda: None)
    collect(rehearsal, grace=1e9)  # the calls before a deletion
    with pytest.raises(CommitConflict, match="was overtaken"):
        collect(Paused(versions.store, meanwhile, at=rehearsal.calls // 2), grace=0)

    assert all(versions.store.exists(object_key(item.sha256)) for item in lost.objects)
    assert verify(versions.store).damages == ()


def test_a_dry_run_tells_what_goes_at_its_time(versions: Versions, tmp_path: Path) -> None:
    versions.prepare("d", write(tmp_path / "two.parquet", numbers(2)), **PREPARED)
    newest = max(entry.modified for entry in versions.store.entries(""))

    later = collect(versions.store, dry_run=True, now=newest + 3 * 24 * 3600)

    assert collect(versions.store, dry_run=True, now=newest).keys == ()
    grow_old(versions)
    assert later.keys == collect(versions.store).keys != ()


def test_what_was_added_before_a_collection_is_made_sure_of(versions: Versions, tmp_path: Path) -> None:
    added = versions.prepare("d", write(tmp_path / "two.parquet", numbers(2)), **PREPARED)
    collect(versions.store)
    versions.publish("d", Incoming(added, "replace", "m", "2013-01-02T00:00:00Z"))
    assert verify(versions.store).damages == ()

    late = versions.prepare("d", write(tmp_path / "three.parquet", numbers(3)), **PREPARED)
    collect(versions.store, grace=0)

    with pytest.raises(CommitConflict, match=r"took what three\.parquet became, .* add or commit the file again"):
        versions.publish("d", Incoming(late, "replace", "m", "2013-01-03T00:00:00Z"))


def test_collections_count_themselves(versions: Versions) -> None:
    collect(versions.store)
    collect(versions.store)

    assert epoch(versions.store) == (2, False)


def test_a_tag_that_is_taken_away_is_gone(versions: Versions) -> None:
    tag(versions, "d", "kept", find(versions, "d"))

    untag(versions, "d", "kept")

    assert list(versions.store.entries("datasets/d/tags/")) == []


def test_a_version_profile_is_kept_as_long_as_its_version(versions: Versions, tmp_path: Path) -> None:
    commit_file(versions, write(tmp_path / "two.parquet", numbers(2)), mode="append")
    head = find(versions, "d")
    first = versions.profile(head)
    grow_old(versions)

    collect(versions.store)

    assert versions.store.exists(version_profile_key(head.id))
    assert versions.profile(head).to_bytes() == first.to_bytes()
