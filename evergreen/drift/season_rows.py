"""Rows of the same season from data files: a reference thinned until it is spread over the season as the window is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evergreen.drift.psi import Counts, Floats
from evergreen.drift.season import KNOWN, NAMES, Season, parts_of, spoken
from evergreen.errors import DataRefused
from evergreen.profiles.chunks import kind_of
from evergreen.profiles.files import format_of, refusing
from evergreen.profiles.parquet_files import ParquetSource
from evergreen.profiles.text_files import read_text
from evergreen.profiles.texts import microseconds

_T = TypeVar("_T")
_SEED = 2


def rows_by_part(path: Path, time: str, season: Season) -> Counts:
    """Count a data file's rows by the part of the season that their `time` is in, of shape (n_parts,)."""

    def counted(batches: Iterator[pa.RecordBatch]) -> Counts:
        counts = np.zeros(len(NAMES[season]), np.int64)
        for batch in batches:
            counts += np.bincount(_parts(path, batch, time, season) + 1, minlength=len(counts) + 1)[1:]
        return counts

    return _read(path, [time], counted)


def thinning(reference: Counts, window: Counts, season: Season) -> Floats:
    """Return the share of the reference's rows to keep in each part, of shape (n_parts,), the largest 1: those kept are
    spread over the season as the window's rows are. Both are rows by part.

    Raises DataRefused when the reference has no rows of more than 2 % of the window's.

    >>> thinning(np.array([100, 200, 50]), np.array([10, 40, 0]), "week").tolist()[:3]
    [0.5, 1.0, 0.0]
    """
    lacking = np.where(reference == 0, window, 0)
    if lacking.sum() > (1 - KNOWN) * window.sum() or not window.sum():
        what = spoken(lacking, season) if window.sum() else "the window's season"
        raise DataRefused(f"the reference holds no rows of {what}, and --season compares rows of the same one")
    ratios = np.where(reference > 0, window / np.maximum(reference, 1), 0.0)
    shares: Floats = ratios / ratios.max()
    return shares


def thin(path: Path, out: Path, time: str, season: Season, shares: Floats, *, place: int) -> int:
    """Write about these shares of a data file's rows, by part of the season, as Parquet; equal for equal input.

    `place` is the file's among those of its table, which draw different rows. Returns how many rows were written.
    """

    def written(batches: Iterator[pa.RecordBatch]) -> int:
        generator, rows, writer = np.random.default_rng([_SEED, place]), 0, None
        share = np.append(shares, 0.0)  # the last is of rows without a time
        try:
            for batch in batches:
                kept = batch.filter(
                    pa.array(generator.random(batch.num_rows) < share[_parts(path, batch, time, season)])
                )
                writer = writer or pq.ParquetWriter(out, batch.schema, compression="zstd")
                writer.write_batch(kept)
                rows += kept.num_rows
        finally:
            if writer is not None:
                writer.close()
        return rows

    return _read(path, None, written)


def _parts(path: Path, batch: pa.RecordBatch, time: str, season: Season) -> NDArray[np.int64]:
    """The part of each row, -1 where there is no time."""
    array = _times(path, batch.column(time), time)
    known = array.is_valid().to_numpy(zero_copy_only=False)
    times = array.fill_null(0).to_numpy(zero_copy_only=False).view("datetime64[us]")
    return np.where(known, parts_of(times, season), -1)


def _times(path: Path, array: pa.Array, time: str) -> pa.Array:
    """Microseconds since 1970, from times or their ISO texts."""
    kind = kind_of(array.type)
    if kind == "null":
        return array.cast(pa.int64())
    array = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    for zone in (None, "UTC") if kind == "text" else ():
        with suppress(pa.ArrowInvalid):
            return array.cast(pa.timestamp("us", zone)).view(pa.int64())
    if kind != "timestamp":
        held = "texts that are no ISO times" if kind == "text" else f"{kind}s"
        raise DataRefused(f"{path.name}: column {time} holds {held}, and a season needs times")
    return microseconds(time, array, source=path.name)


def _read(path: Path, columns: Sequence[str] | None, work: Callable[[Iterator[pa.RecordBatch]], _T]) -> _T:
    if format_of(path) != "parquet":
        return read_text(path, columns, work)
    ParquetSource(path, columns)  # says what is wrong with it
    with refusing(path, "Parquet"), pq.ParquetFile(path) as file:
        return work(file.iter_batches(columns=columns))
