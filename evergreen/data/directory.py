"""A directory as a store: objects appear by one link, pointers move by one rename under a lock.

A process that dies leaves no half-written object: bytes go into a file without a name (`O_TMPFILE`) where the file
system has them. Survives the death of processes; after a loss of power, `verify` names what the disk lost.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO

from evergreen.data.nameless import copy_bytes, nameless
from evergreen.data.store import BINARY, Body, Stored
from evergreen.errors import NotFound, StoreFailed

_PIECE = 4 << 20
_LOCK = ".lock"


class Directory:
    """The objects below one directory; created by the first write."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def get(self, key: str) -> bytes:
        """The object's bytes; NotFound when there is none."""
        found = self._read(key)
        if found is None:
            raise NotFound(f"{self.uri(key)} does not exist")
        return found

    def get_with_etag(self, key: str) -> tuple[bytes, str] | None:
        """The object's bytes and their hash, or None."""
        found = self._read(key)
        return None if found is None else (found, sha256(found).hexdigest())

    def stream(self, key: str) -> Iterator[bytes]:
        """The object's bytes in pieces; NotFound when there is none."""
        with self._translated("reading", key):
            try:
                with self._path(key).open("rb") as file:
                    while piece := file.read(_PIECE):
                        yield piece
            except FileNotFoundError as error:
                raise NotFound(f"{self.uri(key)} does not exist") from error

    def put_new(self, key: str, body: Body, *, content_type: str = BINARY) -> bool:  # noqa: ARG002 - S3's word
        """Write only when nothing is there. False when other bytes are; True when these very bytes are."""
        if self._publish(key, lambda file: file.write(body)):
            return True
        return self._read(key) == body

    def swap(self, key: str, body: Body, etag: str | None, *, content_type: str = BINARY) -> bool:  # noqa: ARG002
        """Write only when the object is still the one with `etag` (None: still absent)."""
        path = self._path(key)
        with self._translated("writing", key), self._locked():
            found = self._read(key)
            if (None if found is None else sha256(found).hexdigest()) != etag:
                return found == body
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.new")
            try:
                _write_through(fresh, body)
                fresh.replace(path)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
        return True

    def put_file(self, path: Path, key: str) -> None:
        """Copy a file of any size below a key that its content decides; a damaged one of another size is replaced."""

        def copy(target: IO[bytes]) -> None:
            with path.open("rb") as source:
                copy_bytes(source, target)

        with self._translated("writing", key):
            size = path.stat().st_size
        if self.exists(key) and not self.exists(key, size):
            self.delete([key])
        self._publish(key, copy)

    def touch(self, key: str, size: int | None = None) -> bool:
        """Make the object's age zero; False when it is not there, with this size if one is given."""
        if not self.exists(key, size):
            return False
        with self._translated("touching", key):
            try:
                os.utime(self._path(key))
            except FileNotFoundError:
                return False
        return True

    def exists(self, key: str, size: int | None = None) -> bool:
        """Whether the object is there, with this size if one is given."""
        with self._translated("looking for", key):
            found = self._state(self._path(key))
        return found is not None and size in (None, found.st_size)

    def entries(self, prefix: str) -> Iterator[Stored]:
        """What lies below a prefix, in key order; StoreFailed when a folder there may not be read."""
        for key in sorted(self._below(self.root / prefix.rpartition("/")[0])):
            if not key.startswith(prefix):
                continue
            with self._translated("listing", key):
                state = self._state(self.root / key)
            if state is not None:
                yield Stored(key, state.st_size, state.st_mtime)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete keys; one that is not there is no error."""
        for key in keys:
            with self._translated("deleting", key):
                self._path(key).unlink(missing_ok=True)

    def uri(self, key: str) -> str:
        """The object's path."""
        return str(self.root / key)

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or any(part.startswith(".") for part in parts):
            raise StoreFailed(f"{key!r} cannot name an object")
        return self.root / key

    def _below(self, folder: Path) -> Iterator[str]:
        """The keys below a folder; `os.walk` passes over what it may not read unless it is told."""

        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise StoreFailed(f"listing {error.filename}: {error.strerror or error}") from error

        for path, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
            folders[:] = [name for name in folders if not name.startswith(".")]
            place = Path(path).relative_to(self.root)
            yield from ((place / name).as_posix() for name in files if not name.startswith("."))

    @staticmethod
    def _state(path: Path) -> os.stat_result | None:
        """Of a plain file, or None when there is none."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def _read(self, key: str) -> bytes | None:
        with self._translated("reading", key):
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def _publish(self, key: str, write: Callable[[IO[bytes]], object]) -> bool:
        """Write a nameless file and link it to its name; False when the name is taken."""
        path = self._path(key)
        with self._translated("writing", key):
            if path.exists():
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            with nameless(path.parent) as (file, source):
                write(file)
                file.flush()
                try:
                    _link(source, path)
                except FileExistsError:
                    return False
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The store's one lock: the system gives it back when its holder dies."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _translated(self, doing: str, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreFailed(f"{doing} {self.uri(key)}: {error.strerror or error}") from error


def _link(source: str, path: Path) -> None:
    """`linkat` that follows the link of /proc; Python does so only when it is given a directory."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.link(source, path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _write_through(path: Path, body: Body) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
