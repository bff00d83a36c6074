"""Where versions are kept: named bytes, and the two conditional writes that everything atomic rests on.

Two adapters, one contract: `evergreen.aws.objects.Objects` (S3) and `evergreen.data.directory.Directory`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

BINARY = "application/octet-stream"
JSON = "application/json"
PARQUET = "application/vnd.apache.parquet"

Body = bytes | memoryview


class Stored(NamedTuple):
    """One stored object; `modified` is in seconds, on the store's own clock."""

    key: str
    size: int
    modified: float


class Store(Protocol):
    """What a data version needs of its store. A failure is an EvergreenError that names the key."""

    def get(self, key: str) -> bytes:
        """The bytes; NotFound when there are none."""

    def get_with_etag(self, key: str) -> tuple[bytes, str] | None:
        """The bytes and a tag that changes with them, or None."""

    def stream(self, key: str) -> Iterator[bytes]:
        """The bytes in pieces, for objects that do not fit into memory; NotFound when there are none."""

    def put_new(self, key: str, body: Body, *, content_type: str = BINARY) -> bool:
        """Write only when nothing is there. False when other bytes are; True when these very bytes are."""

    def swap(self, key: str, body: Body, etag: str | None, *, content_type: str = BINARY) -> bool:
        """Write only when the object is still the one with `etag` (None: still absent)."""

    def put_file(self, path: Path, key: str) -> None:
        """Store a file of any size below a key that its content decides; a damaged one of another size is replaced."""

    def touch(self, key: str, size: int | None = None) -> bool:
        """Make the object's age zero, so that no collection takes it now; False when it is not there, with this size
        if one is given.
        """

    def exists(self, key: str, size: int | None = None) -> bool:
        """Whether the object is there, with this size if one is given."""

    def entries(self, prefix: str) -> Iterator[Stored]:
        """What lies below a prefix, in key order."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete keys; one that is not there is no error."""

    def uri(self, key: str) -> str:
        """How a person names the object."""


def put_exactly(store: Store, key: str, body: Body, *, content_type: str = BINARY) -> None:
    """Store bytes below a key for which there are no others: those that are there are damaged or old, and replaced."""
    if not store.put_new(key, body, content_type=content_type):
        found = store.get_with_etag(key)
        store.swap(key, body, found[1] if found else None, content_type=content_type)


def measured(store: Store, key: str) -> tuple[str, int]:
    """The SHA-256 of an object's bytes, and how many there are, however many; NotFound when there is none."""
    content, size = hashlib.sha256(), 0
    for piece in store.stream(key):
        content.update(piece)
        size += len(piece)
    return content.hexdigest(), size
