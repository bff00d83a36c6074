"""A uniform sample of a table's rows, drawn while its files stream by, in memory that does not grow with them.

Every row gets a random key, and the rows of the smallest keys are the sample: all sets of so many rows are equally
likely. A key depends on the row's place alone, so equal tables give equal samples. Source: Fan, Muller and Rezucha,
Development of sampling plans by using sequential (item by item) selection techniques and digital computers (1962).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.chunks import kind_of
from evergreen.profiles.column import Kind
from evergreen.profiles.distinct import Hashes
from evergreen.profiles.files import format_of
from evergreen.profiles.hashing import hash_texts
from evergreen.profiles.parquet_files import ParquetSource
from evergreen.profiles.quantiles import Floats
from evergreen.profiles.text_files import read_text
from evergreen.profiles.texts import microseconds
from evergreen.profiles.views import floats, valid

NO_TEXT = 0  # among the hashes of texts

_SEED = 1
_Load = Callable[[str], pa.Array | None]  # a column by its name, None when it is not there


@dataclass(frozen=True)
class Sample:
    """Rows by ascending key: `keys` and each column have the shape (n_rows,).

    Numbers, booleans and times in microseconds since 1970 are doubles, NaN where there is no usable value; texts are
    hashes, `NO_TEXT` where there is none.
    """

    keys: Floats
    columns: Mapping[str, Floats | Hashes]

    @property
    def rows(self) -> int:
        """How many rows were drawn."""
        return len(self.keys)


def sample_file(
    path: Path,
    kinds: Mapping[str, Kind],
    rows: int,
    *,
    held: Iterable[str],
    place: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Sample:
    """Draw at most `rows` rows of a data file: the columns that `kinds` names, empty where the file has not `held` one.

    `place` is the file's among those of its table, which draw different keys. `progress` hears of the rows read.
    """
    present = set(held)
    names = [name for name in kinds if name in present]

    def drawn(chunks: Iterable[tuple[int, _Load]]) -> Sample:
        return _draw(chunks, kinds, rows, np.random.default_rng([_SEED, place]), progress)

    if format_of(path) == "parquet":
        return drawn(_parquet(ParquetSource(path, names)))
    return read_text(path, names, lambda read: drawn(map(_chunk, read)))


def joined(samples: Sequence[Sample], rows: int) -> Sample:
    """The sample of all their tables together: the smallest keys of all."""
    keys = np.concatenate([sample.keys for sample in samples])
    order = np.argsort(keys, kind="stable")[:rows]
    columns = {name: np.concatenate([each.columns[name] for each in samples])[order] for name in samples[0].columns}
    return Sample(keys[order], columns)


def _draw(
    chunks: Iterable[tuple[int, _Load]],
    kinds: Mapping[str, Kind],
    rows: int,
    generator: np.random.Generator,
    progress: Callable[[int], None] | None,
) -> Sample:
    """Keep the rows whose keys may be among the smallest; the others are not copied."""
    nothing = Sample(np.empty(0), {name: _values(kind, None, np.empty(0, np.int64)) for name, kind in kinds.items()})
    found, limit, read = [nothing], 1.0, 0
    for count, load in chunks:
        keys = generator.random(count)
        most = limit if count <= rows else min(limit, float(np.partition(keys, rows)[rows]))
        at = np.flatnonzero(keys < most)
        found.append(Sample(keys[at], {name: _values(kind, load(name), at) for name, kind in kinds.items()}))
        if sum(part.rows for part in found) >= 2 * rows:
            found = [joined(found, rows)]
            limit = float(found[0].keys[-1])
        read += count
        if progress:
            progress(read)
    return joined(found, rows)


def _parquet(source: ParquetSource) -> Iterator[tuple[int, _Load]]:
    for unit in source.units():
        yield from source.each(unit, lambda load, count, _: (count, _of(source.schema, load)))


def _chunk(batch: pa.RecordBatch) -> tuple[int, _Load]:
    return batch.num_rows, _of(batch.schema, batch.column)


def _of(schema: pa.Schema, load: Callable[[str], pa.Array]) -> _Load:
    names = set(schema.names)
    return lambda name: load(name) if name in names else None


def _values(kind: Kind, array: pa.Array | None, at: NDArray[np.int64]) -> Floats | Hashes:
    """What a sample holds of some rows of a column."""
    stored = "null" if array is None else kind_of(array.type)
    if array is None or stored == "null":
        return np.full(len(at), NO_TEXT, np.uint64) if kind == "text" else np.full(len(at), np.nan)
    taken = (array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array).take(pa.array(at))
    taken = taken.dictionary_decode() if pa.types.is_dictionary(taken.type) else taken
    if stored == "text":
        hashes = np.full(len(at), NO_TEXT, np.uint64)
        hashes[valid(taken)] = hash_texts(taken.drop_null())
        return hashes
    if stored == "timestamp":
        return floats(microseconds("", taken))
    numbers = floats(taken.cast(pa.uint8()) if stored == "boolean" else taken)
    return np.where(np.isfinite(numbers), numbers, np.nan)
