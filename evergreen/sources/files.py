"""Rows into a folder as compressed JSON Lines, in bounded memory; equal rows give equal files."""

from __future__ import annotations

import gzip
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from evergreen.errors import StoreFailed

FILE_SIZE = 64 << 20  # bytes of text in one file: small enough to be sent again, large enough to be few


class RowFiles:
    """Writes lines into `part-00000.jsonl.gz` and its successors."""

    def __init__(self, folder: Path, *, file_size: int = FILE_SIZE) -> None:
        self._folder = folder
        self._file_size = file_size
        self._raw: IO[bytes] | None = None
        self._out: gzip.GzipFile | None = None
        self._files = 0
        self._left = 0
        self.rows = 0
        self.size = 0

    def write(self, line: bytes) -> None:
        """Add a row."""
        try:
            if self._out is None or self._left <= 0:
                self._next()
            assert self._out is not None
            self._out.write(line + b"\n")
        except OSError as error:
            raise self._failed(error) from error
        self._left -= len(line) + 1
        self.size += len(line) + 1
        self.rows += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._close()
        except OSError as lost:
            if error is None:
                raise self._failed(lost) from lost

    def _next(self) -> None:
        self._close()
        path = self._folder / f"part-{self._files:05d}.jsonl.gz"
        self._raw = path.open("wb")
        self._out = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0)
        self._files += 1
        self._left = self._file_size

    def _close(self) -> None:
        out, raw = self._out, self._raw
        self._out = self._raw = None
        if out is not None and raw is not None:
            with raw, out:
                pass

    def _failed(self, error: OSError) -> StoreFailed:
        return StoreFailed(f"writing {self._folder}: {error.strerror or error}")
