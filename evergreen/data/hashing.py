"""The SHA-256 of files to commit. Those that take long are made beside the reading: one large Parquet file's while its
rows are read, and those of many small CSV files of the very bytes that are parsed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Event

from evergreen.data.sources import PARQUET, Progress, SourceFile, silent
from evergreen.data.stat_cache import StatCache
from evergreen.errors import DataRefused

_PIECE = 4 << 20
_WORKERS = 4
_SMALL = 256 << 10  # bytes: threads that hash smaller files wait for each other most of the time
_LARGE = 64 << 20  # bytes: a file whose hash takes long enough to do something else meanwhile
_BATCH = 64  # files: what a thread takes at a time


class Hashes:
    """The hashes of some files, which may still be on their way."""

    def __init__(self, found: Future[list[str]]) -> None:
        self._found = found

    def done(self) -> bool:
        """Whether they are there."""
        return self._found.done()

    def result(self) -> list[str]:
        """The hash of each file, in order; waits for them."""
        return self._found.result()

    def read(self, file: SourceFile) -> bytes:
        """What one of the files holds; DataRefused names it when it cannot be read."""
        return content(file)


class _HashesOfRead(Hashes):
    """Those of files that are hashed as they are read; of one that nobody read when they are asked for."""

    def __init__(self, files: Sequence[SourceFile], cache: StatCache, progress: Progress) -> None:
        self._files, self._cache, self._progress = files, cache, progress
        self._known: dict[str, str] = {}
        self._done, self._total = 0, sum(file.size for file in files)

    def done(self) -> bool:
        return len(self._known) == len(self._files)

    def result(self) -> list[str]:
        return [self._known.get(file.place) or _hash(file, self._cache) for file in self._files]

    def read(self, file: SourceFile) -> bytes:
        held = content(file)
        found = self._known[file.place] = sha256(held).hexdigest()
        _remember(file, self._cache, found)
        self._done += file.size
        self._progress("hashing", self._done, self._total)
        return held


@contextmanager
def hashing(files: Sequence[SourceFile], cache: StatCache, progress: Progress = silent) -> Iterator[Hashes]:
    """The hashes of the files, which are there at once, but for those that nobody made before and that take long."""
    if _are_small_texts(files) and cache.get(files[0].place, files[0].state) is None:
        yield _HashesOfRead(files, cache, progress)
        return
    if not _takes_long(files, cache):
        known: Future[list[str]] = Future()
        known.set_result(hashes(files, cache, progress))
        yield Hashes(known)
        return
    stopped = Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield Hashes(pool.submit(lambda: [_hash(file, cache, stopped.is_set) for file in files]))
        finally:
            stopped.set()


def content(file: SourceFile) -> bytes:
    """What a file holds; DataRefused names it when it cannot be read."""
    try:
        with open(file.place, "rb", buffering=0) as source:  # noqa: PTH123 - twice as fast, and folders have many files
            return source.read()
    except OSError as error:
        raise DataRefused(f"{file.name}: {error.strerror}") from error


def hashes(files: Sequence[SourceFile], cache: StatCache, progress: Progress = silent) -> list[str]:
    """The SHA-256 of each file, from the cache where the file is the one that was hashed before."""
    total = sum(file.size for file in files)
    done = 0
    result: list[str] = []
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    with ThreadPoolExecutor(_WORKERS if total > len(files) * _SMALL else 1) as pool:
        for batch, found in zip(
            batches, pool.map(lambda batch: [_hash(file, cache) for file in batch], batches), strict=True
        ):
            done += sum(file.size for file in batch)
            progress("hashing", done, total)
            result += found
    return result


def file_hash(path: str | Path, stopped: Callable[[], bool] = lambda: False) -> str:
    """The SHA-256 of a file's content; of its beginning when it is stopped."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        size = os.fstat(file.fileno()).st_size
        if size < _PIECE:
            return sha256(file.read(size + 1)).hexdigest()
        found, buffer = sha256(), bytearray(_PIECE)
        view = memoryview(buffer)
        while not stopped() and (size := file.readinto(buffer)):
            found.update(view[:size])
    return found.hexdigest()


def _hash(file: SourceFile, cache: StatCache, stopped: Callable[[], bool] = lambda: False) -> str:
    known = cache.get(file.place, file.state)
    if known is not None:
        return known
    try:
        found = file_hash(file.place, stopped)
    except OSError as error:
        raise DataRefused(f"{file.name}: {error.strerror}") from error
    if not stopped():
        _remember(file, cache, found)
    return found


def _remember(file: SourceFile, cache: StatCache, found: str) -> None:
    with suppress(OSError):  # it is gone meanwhile, which whoever needs it says
        cache.put(file.place, file.state, found)


def _are_small_texts(files: Sequence[SourceFile]) -> bool:
    """Whether opening the files once more would take as long as hashing them."""
    size = sum(file.size for file in files)
    return len(files) > _BATCH and size < len(files) * _SMALL and all(f.name.lower().endswith(".csv") for f in files)


def _takes_long(files: Sequence[SourceFile], cache: StatCache) -> bool:
    if len(files) > 1 or files[0].size < _LARGE or not files[0].name.lower().endswith(PARQUET):
        return False
    return cache.get(files[0].place, files[0].state) is None
