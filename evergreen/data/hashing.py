"""The SHA-256 of files to commit; that of one large Parquet file is made while its rows are read."""

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


@contextmanager
def hashing(files: Sequence[SourceFile], cache: StatCache, progress: Progress = silent) -> Iterator[Future[list[str]]]:
    """The hashes of the files, which are there at once, but for a large Parquet file that nobody hashed before."""
    if not _takes_long(files, cache):
        known: Future[list[str]] = Future()
        known.set_result(hashes(files, cache, progress))
        yield known
        return
    stopped = Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(lambda: [_hash(file, cache, stopped.is_set) for file in files])
        finally:
            stopped.set()


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
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - twice as fast, and folders have many files
        size = os.fstat(file.fileno()).st_size
        if size < _PIECE:
            return sha256(file.read(size + 1)).hexdigest()
        content, buffer = sha256(), bytearray(_PIECE)
        view = memoryview(buffer)
        while not stopped() and (size := file.readinto(buffer)):
            content.update(view[:size])
    return content.hexdigest()


def _hash(file: SourceFile, cache: StatCache, stopped: Callable[[], bool] = lambda: False) -> str:
    try:
        state = os.stat(file.place)  # noqa: PTH116 - ten times as fast, and folders have many files
        known = cache.get(file.place, state)
        if known is not None:
            return known
        found = file_hash(file.place, stopped)
        if not stopped():
            cache.put(file.place, state, found)
    except OSError as error:
        raise DataRefused(f"{file.name}: {error.strerror}") from error
    return found


def _takes_long(files: Sequence[SourceFile], cache: StatCache) -> bool:
    if len(files) > 1 or files[0].size < _LARGE or not files[0].name.lower().endswith(PARQUET):
        return False
    with suppress(OSError):
        return cache.get(files[0].place, os.stat(files[0].place)) is None  # noqa: PTH116 - as above
    return False
