"""The flag of a collection: commits see that one is going on, and one that died does not hold them up.

The flag is one object that moves by compare-and-swap. A collection renews it before each step and before each deletion,
and stops when somebody else has moved it. So one that was not renewed for `DEAD_SECONDS`, on the store's clock, belongs
to a collection that died, or that deletes nothing more should it go on: a commit lowers it.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import NamedTuple

from evergreen.data.canonical import canonical, parsed
from evergreen.data.store import JSON, Store
from evergreen.errors import CommitConflict, NotFound, StoreFailed

STATE = "gc/state.json"
DEAD_SECONDS = 15 * 60  # longer than one deletion with all its retries, which take five minutes


class Epoch(NamedTuple):
    """How many collections have begun, and whether one is going on."""

    number: int
    running: bool


class Flag:
    """The flag that this collection raised."""

    def __init__(self, store: Store, number: int) -> None:
        self._store = store
        self._number = number
        self._renewals = 0

    def renew(self) -> None:
        """Say that this collection lives; CommitConflict when it was taken for dead."""
        self._renewals += 1
        if not self._move(running=True, renewals=self._renewals):
            raise CommitConflict("this collection was overtaken: it paused for long, or another began; run gc again")

    def lower(self) -> None:
        """Say that this collection has ended; one that was overtaken has nothing to say."""
        self._move(running=False)

    def _move(self, *, running: bool, renewals: int = 0) -> bool:
        now, etag = _state(self._store)
        body = _document(self._number, running=running, renewals=renewals)
        return now == (self._number, True) and _swapped(self._store, body, etag)


def raise_flag(store: Store) -> Flag:
    """Begin a collection; an earlier one that died, or is at work, deletes nothing more."""
    before, etag = _state(store)
    if not _swapped(store, _document(before.number + 1, running=True), etag):
        raise CommitConflict("another collection has just begun; let it finish")
    return Flag(store, before.number + 1)


def epoch(store: Store) -> Epoch:
    """The state of the collections."""
    return _state(store)[0]


def begun(store: Store) -> int | None:
    """The number of the newest collection for who is about to store something; None while it is going on."""
    now = epoch(store)
    return None if now.running else now.number


def ended(store: Store, *, clock: str) -> Epoch:
    """The state when no collection is going on; CommitConflict when one is. `clock` is the key of a newest object."""
    now, etag = _state(store)
    if not now.running:
        return now
    age = modified(store, clock) - modified(store, STATE)
    if age >= DEAD_SECONDS and store.swap(STATE, _document(now.number, running=False), etag, content_type=JSON):
        return Epoch(now.number, running=False)
    raise CommitConflict(
        f"a collection (evergreen data gc) is at work, last heard of {max(age, 0):.0f} s ago; commit again when it has "
        f"ended. If it died, run it again, or commit after {DEAD_SECONDS // 60} minutes"
    )


def modified(store: Store, key: str) -> float:
    """When the object was written, in seconds on the store's clock."""
    for entry in store.entries(key):
        if entry.key == key:
            return entry.modified
    raise NotFound(f"{store.uri(key)} does not exist")


def _state(store: Store) -> tuple[Epoch, str | None]:
    """The flag and its etag. A damaged one counts as raised: nobody knows, and whoever wrote it is overtaken.

    The time of its writing is its number: none of those that collections count to.
    """
    found = store.get_with_etag(STATE)
    if found is None:
        return Epoch(0, running=False), None
    with suppress(ValueError, LookupError, TypeError):
        document = parsed(found[0])
        number, running = document["epoch"], document["running"]
        if type(number) is int and type(running) is bool:
            return Epoch(number, running), found[1]
    return Epoch(int(modified(store, STATE)), running=True), found[1]


def _swapped(store: Store, body: bytes, etag: str | None) -> bool:
    """Move the flag; a full disk has a way out."""
    try:
        return store.swap(STATE, body, etag, content_type=JSON)
    except StoreFailed as error:
        if getattr(error.__cause__, "errno", None) != errno.ENOSPC:
            raise
        spare = store.uri("profiles")
        raise StoreFailed(f"{error}; a collection needs a few bytes: delete {spare}, which is made again") from error


def _document(number: int, *, running: bool, renewals: int = 0) -> bytes:
    return canonical({"epoch": number, "running": running, **({"renewals": renewals} if renewals else {})})
