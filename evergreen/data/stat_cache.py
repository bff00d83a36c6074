"""Hashes of files that were hashed before, kept by what the file system says about them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from evergreen.data.canonical import parsed

Signature = tuple[int, int, int, int]  # size, times of content and of the entry, inode
_FORMAT = 1


class StatCache:
    """Path → size, times, inode and SHA-256. Without a path of its own it remembers nothing.

    A file that changed within the clock's tick in which it was hashed would look unchanged: only files older than a
    probe, written before the first hash, are remembered.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, list[object]] = {}
        self._fresh: dict[str, list[object]] = {}
        self._probe = 0
        if path is not None:
            self._load(path)

    def get(self, path: str, state: Signature) -> str | None:
        """The hash of the file, when it is still the one that was hashed."""
        found = self._known.get(os.path.abspath(path))  # noqa: PTH100 - ten times as fast, and folders have many files
        return str(found[-1]) if isinstance(found, list) and tuple(found[:-1]) == state else None

    def put(self, path: str, state: Signature, sha: str) -> None:
        """Remember the hash of a file that `state` described before it was hashed."""
        _, changed, entered, _ = state
        if max(changed, entered) < self._probe and signature(os.stat(path)) == state:  # noqa: PTH116 - as above
            self._fresh[os.path.abspath(path)] = [*state, sha]  # noqa: PTH100

    def save(self) -> None:
        """Write what is new; a cache that cannot be written is only slow."""
        if self._path is None or not self._fresh:
            return
        kept = {"format": _FORMAT, "files": self._known | self._fresh}
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            try:
                part.write_text(json.dumps(kept, separators=(",", ":")), encoding="utf-8")
                part.replace(self._path)
            finally:
                part.unlink(missing_ok=True)

    def _load(self, path: Path) -> None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            document = parsed(path.read_text(encoding="utf-8"))
            self._known = dict(document["files"]) if document["format"] == _FORMAT else {}
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            probe = path.with_name(f"{path.name}.probe")
            probe.write_bytes(b"")
            self._probe = probe.stat().st_mtime_ns


def signature(state: os.stat_result) -> Signature:
    """What changes when a file is written, replaced or restored with its old times."""
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino
