"""One contract, two adapters: a directory, and S3 in moto."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.objects import Objects
from evergreen.data.directory import Directory
from evergreen.data.store import Store, put_exactly
from evergreen.errors import NotFound, StoreFailed


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "directory":
        yield Directory(tmp_path / "store")
        return
    with mock_aws():
        client("s3").create_bucket(Bucket="data")
        yield Objects("data")


def test_gives_back_what_was_put(store: Store) -> None:
    assert store.put_new("a/b.json", b"one")

    assert store.get("a/b.json") == b"one"
    assert b"".join(store.stream("a/b.json")) == b"one"
    assert store.exists("a/b.json")


def test_what_is_not_there_is_not_found(store: Store) -> None:
    assert store.get_with_etag("a/b") is None
    assert not store.exists("a/b")
    assert not store.touch("a/b")
    for read in (store.get, lambda key: list(store.stream(key))):
        with pytest.raises(NotFound, match="a/b does not exist"):
            read("a/b")


def test_never_overwrites_what_is_there(store: Store) -> None:
    store.put_new("a", b"one")

    assert not store.put_new("a", b"two")
    assert store.put_new("a", b"one")
    assert store.get("a") == b"one"


def test_swaps_only_what_was_read(store: Store) -> None:
    assert store.swap("p", b"one", None)
    first = store.get_with_etag("p")
    assert first is not None

    assert not store.swap("p", b"two", None)
    assert store.swap("p", b"two", first[1])
    assert not store.swap("p", b"three", first[1])
    assert store.get("p") == b"two"


def test_a_swap_that_was_carried_out_already_succeeds_again(store: Store) -> None:
    store.swap("p", b"one", None)

    assert store.swap("p", b"one", None)


def test_lists_what_lies_below_a_prefix_in_order(store: Store) -> None:
    for key in ("b/2", "b/1/x", "a", "bc"):
        store.put_new(key, key.encode())

    assert [(entry.key, entry.size) for entry in store.entries("b/")] == [("b/1/x", 5), ("b/2", 3)]
    assert [entry.key for entry in store.entries("b")] == ["b/1/x", "b/2", "bc"]
    assert list(store.entries("nothing/")) == []


def test_deletes_and_does_not_mind_what_is_gone(store: Store) -> None:
    store.put_new("a", b"1")

    store.delete(["a", "b"])

    assert list(store.entries("")) == []


def test_stores_files_of_any_size(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(9 << 20))

    store.put_file(path, "files/large")

    assert b"".join(store.stream("files/large")) == path.read_bytes()


def test_tells_an_object_of_another_size_and_replaces_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "whole"
    path.write_bytes(b"whole")
    store.put_new("a", b"cut")
    store.put_new("b", b"cut")

    assert not store.exists("a", 5)
    assert not store.touch("a", 5)
    store.put_file(path, "a")
    put_exactly(store, "b", b"whole")

    assert store.get("a") == store.get("b") == b"whole"
    assert store.exists("a", 5)
    assert store.touch("a", 5)


def test_touching_makes_an_object_young(store: Store) -> None:
    store.put_new("a", b"1")
    before = next(store.entries("a")).modified

    assert store.touch("a")

    assert next(store.entries("a")).modified >= before
    assert store.get("a") == b"1"


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    store, won = Directory(tmp_path), []

    def write(number: int) -> None:
        if store.swap("p", str(number).encode(), None):
            won.append(number)

    threads = [Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.get("p") == str(won[0]).encode()
    assert len(won) == 1


def test_a_directory_says_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Directory(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("evergreen.data.directory._link", full)
    monkeypatch.setattr("evergreen.data.directory._write_through", full)

    with pytest.raises(StoreFailed, match=r"writing .*/a/b: No space left on device"):
        store.put_new("a/b", b"1")
    with pytest.raises(StoreFailed, match=r"writing .*/p: No space left on device"):
        store.swap("p", b"1", None)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"] == []


def test_a_directory_without_nameless_files_leaves_none_with_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    store = Directory(tmp_path)

    assert store.put_new("a/b", b"1")

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b"]


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../b", ".lock", ""])
def test_a_directory_writes_nothing_outside_of_itself(key: str, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot name an object"):
        Directory(tmp_path / "store").put_new(key, b"1")


def test_a_lost_answer_to_a_conditional_write_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        client("s3").create_bucket(Bucket="data")
        send = client("s3").put_object

        def lost(**request: object) -> None:
            send(**request)
            raise ReadTimeoutError(endpoint_url="s3")

        monkeypatch.setattr(client("s3"), "put_object", lost)

        assert Objects("data").put_new("a", b"1")
        assert Objects("data").swap("b", b"1", None)
        assert not Objects("data").swap("b", b"2", '"other"')
