"""Profiles from tables, streams and files, in one pass and in memory that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from evergreen.errors import DataRefused
from evergreen.profiles.chunks import ROWS, check_schema, chunk_part, empty_part
from evergreen.profiles.files import format_of
from evergreen.profiles.parquet_files import ParquetSource
from evergreen.profiles.pile import Pile
from evergreen.profiles.spread import spreading
from evergreen.profiles.table import Part, TableProfile
from evergreen.profiles.text_files import read_text

Progress = Callable[[int], None]  # rows read so far
_T = TypeVar("_T")


def profile(table: pa.Table, *, threads: int = 1) -> TableProfile:
    """The profile of a table."""
    return profile_batches(table.to_batches(max_chunksize=ROWS), table.schema, threads=threads)


def profile_batches(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, threads: int = 1, progress: Progress | None = None
) -> TableProfile:
    """The profile of a stream of batches, each read once."""
    check_schema(schema)
    return _piled(batches, chunk_part, threads, progress, Pile([empty_part(schema)]))


def profile_file(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    threads: int = 2,
    progress: Progress | None = None,
    whole: bool = True,
) -> TableProfile:
    """The profile of a Parquet, CSV or JSON Lines file; DataRefused names the file and the place of what is wrong.

    Without `whole` it is good for comparing it with a reference, and a quarter faster: it lacks correlations, and how
    many different fractions a column holds. Not to be kept.
    """
    path = Path(path)
    if format_of(path) == "parquet":
        found = _parquet(ParquetSource(path, columns, chunk=2 * ROWS), whole, threads, progress)
    else:
        work = partial(chunk_part, whole=whole)
        found = read_text(path, columns, lambda batches: _piled(batches, work, threads, progress, Pile()))
    if not found.rows:
        raise DataRefused(f"{path.name}: the file has no rows")
    if not found.columns:
        raise DataRefused(f"{path.name}: no row names a column")
    return found


def _parquet(source: ParquetSource, whole: bool, threads: int, progress: Progress | None) -> TableProfile:
    """All threads work on one unit's columns: a file of one row group has work for them, too."""
    spread, pile = spreading(threads), Pile([empty_part(source.schema)])
    return _whole((source.part(unit, whole=whole, spread=spread) for unit in source.units()), progress, pile)


def _piled(
    units: Iterable[_T], work: Callable[[_T], Part], threads: int, progress: Progress | None, pile: Pile
) -> TableProfile:
    """One thread works in the caller's, which keeps to one heap."""
    if threads == 1:
        return _whole(map(work, units), progress, pile)
    with ThreadPoolExecutor(threads) as pool:
        return _whole(_in_order(pool, work, units, threads), progress, pile)


def _whole(parts: Iterable[Part], progress: Progress | None, pile: Pile) -> TableProfile:
    for part in parts:
        pile.push(part)
        if progress:
            progress(pile.rows)
    return TableProfile([pile.whole()])


def _in_order(pool: ThreadPoolExecutor, work: Callable[[_T], Part], units: Iterable[_T], ahead: int) -> Iterator[Part]:
    """Each unit's part, in the units' order; at most `ahead` units wait for a thread."""
    left = iter(units)
    running = [pool.submit(work, unit) for unit in islice(left, ahead)]
    while running:
        yield running.pop(0).result()
        running += [pool.submit(work, unit) for unit in islice(left, 1)]
