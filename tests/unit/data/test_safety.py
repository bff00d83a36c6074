"""Whatever dies whenever: readers see a whole version, `verify` passes, and the next commit goes through."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.objects import Objects
from evergreen.data.checkout import checkout
from evergreen.data.collection import collect
from evergreen.data.commits import Incoming
from evergreen.data.directory import Directory
from evergreen.data.flag import epoch
from evergreen.data.names import find, tag
from evergreen.data.pull import pull
from evergreen.data.stat_cache import StatCache
from evergreen.data.store import Store
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import CommitConflict
from tests.unit.data.stores import Interrupted, Killed, Mortal, commit_file, numbers, write

ROOT = Path(__file__).parents[3]
Act = Callable[[Versions, Path], object]


def files(path: Path) -> Path:
    folder = path / "files"
    folder.mkdir(exist_ok=True)
    for name in ("a", "b"):
        (folder / name).write_bytes(os.urandom(100))
    return folder


ACTS: dict[str, Act] = {
    "first": lambda versions, path: commit_file(versions, write(path / "new.parquet", numbers(7)), dataset="other"),
    "append": lambda versions, path: commit_file(
        versions, write(path / "more.parquet", numbers(8, 90)), mode="append", day=3
    ),
    "replace": lambda versions, path: commit_file(
        versions, write(path / "all.parquet", pa.concat_tables([numbers(1), numbers(9, 30)])), day=3
    ),
    "table": lambda versions, _: versions.commit(
        "d", numbers(5), mode="append", message="t", as_of="2013-01-04T00:00:00Z"
    ),
    "whole": lambda versions, path: commit_file(versions, files(path), dataset="blobs", whole=True),
    "tag": lambda versions, _: tag(versions, "d", "chosen", find(versions, "d", "1.0.0")),
    "collect": lambda versions, _: collect(versions.store, grace=0),
    "pull": lambda versions, path: pull(Versions(Directory(path / "store")), versions, "d"),
}


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A store with two versions, and an object that no version reaches."""
    versions = Versions(Directory(tmp_path / "store"), profiles=False)
    commit_file(versions, write(tmp_path / "one.parquet", numbers(1)))
    commit_file(versions, write(tmp_path / "two.parquet", numbers(2)), mode="append", day=2)
    versions.store.put_new("objects/ff/ff.parquet", b"nobody's")
    return tmp_path


@pytest.fixture(params=["directory", "s3"])
def fresh(request: pytest.FixtureRequest, filled: Path) -> Iterator[Callable[[str, bool], Store]]:
    """A new store of one of the two adapters, empty or with what the filled one holds."""
    original = Directory(filled / "store")
    keys = [entry.key for entry in original.entries("")]

    def made(name: str, empty: bool) -> Store:
        store: Store = Directory(filled / name)
        if request.param == "s3":
            bucket = name.lower().replace("_", "-")
            client("s3").create_bucket(Bucket=bucket)
            store = Objects(bucket)
        for key in () if empty else keys:
            store.put_new(key, original.get(key))
        return store

    with mock_aws():
        yield made


@pytest.mark.parametrize("name", ACTS)
def test_a_death_at_any_call_leaves_a_store_that_the_next_commit_completes(
    name: str, filled: Path, fresh: Callable[[str, bool], Store]
) -> None:
    act = ACTS[name]
    rehearsal = Mortal(fresh("rehearsal", name == "pull"))
    act(Versions(rehearsal, profiles=False), filled)
    assert len(rehearsal.calls) > 1
    for call in range(len(rehearsal.calls)):
        for after in (False, True):
            store = fresh(f"{name}-{call}-{after}", name == "pull")
            before = Versions(store).head("d")

            with pytest.raises(Killed):
                act(Versions(Mortal(store, dies_at=call, after=after), profiles=False), filled)

            seen = Versions(store).head("d")
            assert verify(store).damages == ()
            assert seen is None or Versions(store).read(seen).num_rows == seen.rows
            assert before is None or before.id in [each.id for each in Versions(store).log("d")]
            _go_on(act, Versions(store, profiles=False), filled, name)
            assert verify(store).damages == ()
            assert Versions(store).head({"first": "other", "whole": "blobs"}.get(name, "d"))


def _go_on(act: Act, versions: Versions, path: Path, name: str) -> None:
    if epoch(versions.store).running:
        with pytest.raises(CommitConflict, match="a collection"):
            ACTS["append"](versions, path)
        collect(versions.store, grace=0)
        ACTS["append"](versions, path)
    elif name == "tag":
        assert find(versions, "d", "1.0.0")
    else:
        act(versions, path)


def test_a_collection_without_grace_at_any_call_of_a_commit_takes_nothing_of_a_version(
    filled: Path, fresh: Callable[[str, bool], Store]
) -> None:
    path = write(filled / "new.parquet", numbers(7))
    rehearsal = Interrupted(fresh("rehearsal", False), lambda: None)
    commit_file(Versions(rehearsal, profiles=False), path, day=3)
    told = 0
    for call in range(rehearsal.calls):
        store = fresh(f"commit-{call}", False)
        interrupted = Interrupted(store, lambda store=store: collect(store, grace=0), at=call)
        try:
            commit_file(Versions(interrupted, profiles=False), path, day=3)
        except CommitConflict:
            told += 1
        assert verify(store).damages == ()
        assert len(Versions(store).log("d")) in (2, 3)
    assert 0 < told < rehearsal.calls


def test_what_was_found_during_a_collection_is_made_sure_of(filled: Path) -> None:
    path, taken = write(filled / "new.parquet", numbers(7)), 0
    for call in count():
        store = Directory(shutil.copytree(filled / "store", filled / f"store-{call}"))
        versions, found = Versions(store, profiles=False), []
        prepare = partial(versions.prepare, "d", path, Wanted(), mode="replace", cache=StatCache())
        prepare()  # by a commit that died
        collect(Interrupted(store, lambda found=found, prepare=prepare: found.append(prepare()), at=call), grace=0)
        if not found:  # the collection has fewer calls
            break
        try:
            versions.publish("d", Incoming(found[0], "replace", "m", "2013-01-03T00:00:00Z"))
        except CommitConflict:
            taken += 1
        assert verify(store).damages == ()
    assert 0 < taken < call


def test_a_manifest_of_a_commit_that_died_is_made_young(filled: Path) -> None:
    store = Directory(filled / "store")
    content = Versions(store, profiles=False).prepare(
        "d", write(filled / "new.parquet", numbers(7)), Wanted(), mode="replace", cache=StatCache()
    )
    incoming = Incoming(content, "replace", "m", "2013-01-03T00:00:00Z")

    class Lost(Mortal):
        def swap(self, *_: object, **__: object) -> bool:
            raise Killed

    with pytest.raises(Killed):
        Versions(Lost(store), profiles=False).publish("d", incoming)
    for entry in store.entries("datasets/d/manifests/"):
        os.utime(store.uri(entry.key), (0, 0))

    class Collected(Mortal):
        def swap(self, *arguments: str, **named: str) -> bool:
            collect(store, grace=0)
            return store.swap(*arguments, **named)

    assert Versions(Collected(store), profiles=False).publish("d", incoming).version == "1.0.2"
    assert verify(store).damages == ()


def test_a_commit_that_died_after_the_pointer_moved_is_there_once(filled: Path) -> None:
    store = Mortal(Directory(filled / "store"))
    ACTS["append"](Versions(store, profiles=False), filled)

    again = ACTS["append"](Versions(store, profiles=False), filled)

    assert getattr(again, "unchanged", False)
    assert len(Versions(store).log("d")) == 3


def test_an_answer_that_was_lost_while_others_went_on_is_found_in_the_history(filled: Path) -> None:
    store = Directory(filled / "store")

    class Forgetful(Mortal):
        lost = False

        def swap(self, key: str, body: bytes, etag: str | None, **named: str) -> bool:
            won = store.swap(key, body, etag, **named)
            if not self.lost:
                self.lost = True
                commit_file(Versions(store, profiles=False), write(filled / "theirs.parquet", numbers(77)), day=9)
                return False
            return won

    result = commit_file(Versions(Forgetful(store), profiles=False), write(filled / "mine.parquet", numbers(78)), day=8)

    log = Versions(store).log("d")
    assert [each.id for each in log].count(result.manifest_id) == 1
    assert len(log) == 4


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_eight_writers_lose_no_acknowledged_commit(mode: str, tmp_path: Path) -> None:
    rounds, writers = 200, 8
    store, acknowledged, told = Directory(tmp_path), [], []
    tables = [numbers(number, 5) for number in range(writers * rounds)]

    def write_all(number: int) -> None:
        versions = Versions(store, profiles=False, pause=lambda attempt: time.sleep(0.001 * attempt))
        for turn in range(rounds):
            own = f"writer-{number}-{turn}"
            dataset = "d" if mode == "replace" else f"d{turn // 10}"
            try:
                result = versions.commit(
                    dataset, tables[number * rounds + turn], mode=mode, message=own, as_of="2013-01-01T00:00:00Z"
                )
            except CommitConflict:
                told.append(own)
            else:
                acknowledged.append(result.manifest_id)

    threads = [Thread(target=write_all, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    names = ["d"] if mode == "replace" else [f"d{number}" for number in range(rounds // 10)]
    history = [each.id for name in names for each in Versions(store).log(name)]
    assert len(acknowledged) + len(told) == writers * rounds
    assert sorted(acknowledged) == sorted(history)
    assert verify(store).damages == ()


KILLED = """
import sys
from pathlib import Path
from evergreen.data.commits import Incoming
from evergreen.data.directory import Directory
from evergreen.data.flag import epoch
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from tests.unit.data.stores import commit_file
print("ready", flush=True)
folder = Path(sys.argv[1])
for turn in range(10_000):
    for name in ("one", "two"):
        commit_file(Versions(Directory(folder / "store"), profiles=False), folder / f"{name}.parquet")
"""


@pytest.mark.parametrize("milliseconds", [1, 3, 10, 30, 100, 250])
def test_a_process_that_is_killed_leaves_a_whole_store(milliseconds: int, filled: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(filled)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(milliseconds / 1000)

    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    store = Directory(filled / "store")
    head = Versions(store).head("d")
    assert head is not None
    assert verify(store).damages == ()
    assert Versions(store).read(head).num_rows == head.rows
    commit_file(Versions(store, profiles=False), write(filled / "later.parquet", numbers(99)), day=9)
    assert list((filled / "store").rglob(".temporary*")) == []


def test_readers_see_the_old_or_the_new_version_while_others_commit(filled: Path) -> None:
    store, over, seen = Directory(filled / "store"), [], []

    def read() -> None:
        while not over:
            head = Versions(store).head("d")
            assert head is not None
            seen.append(Versions(store).read(head).num_rows == head.rows)

    reader = Thread(target=read)
    reader.start()
    for turn in range(30):
        commit_file(Versions(store, profiles=False), filled / ("one.parquet" if turn % 2 else "two.parquet"), day=5)
    over.append(True)
    reader.join()

    assert seen
    assert all(seen)


def test_a_checkout_that_died_goes_on_and_leaves_no_part_of_a_file(filled: Path) -> None:
    store = Directory(filled / "store")
    head = Versions(store).head("d")
    assert head is not None
    checkout(store, head, filled / "out")
    first, *_ = sorted((filled / "out").glob("part-*"))
    first.unlink()

    done = checkout(store, head, filled / "out")

    assert (done.written, done.kept) == (1, len(head.objects) - 1)
