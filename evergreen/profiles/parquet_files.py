"""Parquet files, one unit of row groups at a time, and in it one column at a time, or one for each thread.

The footer answers what it knows exactly: the rows, and the column chunks that hold nulls only, which are not read. Its
ranges are not used: writers may truncate texts and leave NaN out, and a sorted chunk gives the range for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.profiles.chunks import LARGE, ROWS, Load, check_schema, columns_part, kind_of
from evergreen.profiles.correlation import CORRELATED
from evergreen.profiles.files import check_known, refusing
from evergreen.profiles.pile import Pile
from evergreen.profiles.spread import Spread
from evergreen.profiles.table import Part

_T = TypeVar("_T")
_BUFFER = 1 << 16  # bytes a column
_CODE = 3  # bytes a value, at most, of texts that lie in a dictionary
_WIDE = 64  # columns of ROWS rows that are kept at a time; chunks of wider tables have fewer rows


class Unit(NamedTuple):
    """Consecutive row groups that are read together, the row before their first, and about how many rows at once."""

    groups: tuple[int, ...]
    rows: int
    start: int
    chunk: int

    @property
    def place(self) -> str:
        """Where this is in the file."""
        last = f"–{self.groups[-1]}" if len(self.groups) > 1 else ""
        return f"row group {self.groups[0]}{last} (rows {self.start + 1:,}–{self.start + self.rows:,})"


class ParquetSource:
    """One Parquet file, checked: its schema, and how to summarise a unit of it."""

    def __init__(self, path: Path, columns: Sequence[str] | None = None, *, chunk: int = ROWS) -> None:
        self._path = path
        with refusing(path, "Parquet", "footer"), pq.ParquetFile(path) as file:
            self._metadata = file.metadata
            schema = file.schema_arrow
        check_known(schema.names, columns, path)
        fields = [field for field in schema if columns is None or field.name in columns]
        self.schema = pa.schema(fields)
        check_schema(self.schema, source=path.name)
        self._chunk = min(chunk, _WIDE * ROWS // max(1, min(len(fields), CORRELATED)))
        texts = [field.name for field in fields if kind_of(field.type) == "text"]
        self._places = {self._metadata.row_group(0).column(at).path_in_schema: at for at in self._leaves()}
        self._texts = [name for name in texts if self._repeats(name)]

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return int(self._metadata.num_rows)

    def statistics(self, name: str) -> list[Any]:
        """What the footer says of a column's values, one for each row group; None where it says nothing."""
        at, groups = self._places.get(name), range(self._metadata.num_row_groups)
        return [] if at is None else [self._metadata.row_group(group).column(at).statistics for group in groups]

    def units(self) -> Iterator[Unit]:
        """Row groups of about one chunk together; large ones alone."""
        groups: list[int] = []
        rows, start, chunk = 0, 0, self._chunk
        for group in range(self._metadata.num_row_groups):
            more, fitting = self._metadata.row_group(group).num_rows, self._fitting(group)
            if groups and rows + more > min(chunk, fitting):
                yield Unit(tuple(groups), rows, start, chunk)
                groups, rows, start, chunk = [], 0, start + rows, self._chunk
            groups.append(group)
            rows, chunk = rows + more, min(chunk, fitting)
        if groups:
            yield Unit(tuple(groups), rows, start, chunk)

    def _fitting(self, group: int) -> int:
        """How many rows of a row group are not too many, nor too large."""
        found = self._metadata.row_group(group)
        places = (self._places[name] for name in self.schema.names if name in self._places)
        largest = max((found.column(at).total_uncompressed_size for at in places), default=0)
        return min(self._chunk, max(1, int(found.num_rows) * LARGE // max(largest, 1)))

    def part(self, unit: Unit, *, whole: bool = True, spread: Spread = map) -> Part:
        """The summary of a unit's rows; without `whole`, see `profile_file`."""

        def summary(load: Load, rows: int, start: int) -> Part:
            return columns_part(
                self.schema,
                load,
                rows,
                source=self._path.name,
                start=start,
                correlations=whole,
                distinct=whole,
                owned=True,
                spread=spread,
            )

        pile = Pile()
        for part in self.each(unit, summary):
            pile.push(part)
        return pile.whole()

    def each(self, unit: Unit, work: Callable[[Load, int, int], _T]) -> Iterator[_T]:
        """What `work` makes of each chunk of a unit: of its columns, its rows and the row before its first."""
        with refusing(self._path, "Parquet", unit.place):
            opened = self._open()
        with opened as file:
            if unit.rows <= 2 * unit.chunk:
                yield work(self._reading(unit, partial(self._column, file, unit)), unit.rows, unit.start)
                return
            streams = {name: self._stream(file, unit, name) for name in self.schema.names}
            for done in range(0, unit.rows, unit.chunk):
                rows = min(unit.chunk, unit.rows - done)
                yield work(self._reading(unit, partial(_next, streams, rows)), rows, unit.start + done)

    def _reading(self, unit: Unit, load: Load) -> Load:
        """Only what fails in reading is a fault of the file."""

        def read(name: str) -> pa.Array:
            with refusing(self._path, "Parquet", unit.place):
                return load(name)

        return read

    def _stream(self, file: pq.ParquetFile, unit: Unit, name: str) -> Iterator[pa.Array]:
        """One column of a large row group, a chunk at a time."""
        batches = file.iter_batches(unit.chunk, row_groups=unit.groups, columns=[name], use_threads=False)
        return (batch.column(0) for batch in batches)

    def _open(self) -> pq.ParquetFile:
        """Column chunks are read through small buffers: a mapped file would count as memory."""
        return pq.ParquetFile(
            self._path,
            metadata=self._metadata,
            read_dictionary=self._texts,
            buffer_size=_BUFFER,
            pre_buffer=False,
        )

    def _column(self, file: pq.ParquetFile, unit: Unit, name: str) -> pa.Array:
        """One column: half the time of reading all together, since it stays in the cache.

        Several threads may read from one file, which does not buffer ahead.
        """
        if self._is_empty(name, unit):
            return pa.nulls(unit.rows, self.schema.field(name).type)
        read = file.read_row_groups(list(unit.groups), columns=[name], use_threads=False).column(0)
        _check_rows(name, len(read), unit.rows)
        return read.chunk(0) if read.num_chunks == 1 else _joined(read)

    def _leaves(self) -> range:
        return range(self._metadata.num_columns if self._metadata.num_row_groups else 0)

    def _repeats(self, name: str) -> bool:
        """Whether a column's texts lie in a dictionary in all row groups."""
        at, groups = self._places.get(name), range(self._metadata.num_row_groups)
        return at is not None and all(is_repeating(self._metadata.row_group(group).column(at)) for group in groups)

    def _is_empty(self, name: str, unit: Unit) -> bool:
        """Whether the footer says that a column holds nulls only in all of the unit's row groups."""
        if name not in self._places:
            return False
        for group in unit.groups:
            statistics = self._metadata.row_group(group).column(self._places[name]).statistics
            if statistics is None or not statistics.has_null_count or statistics.num_values:
                return False
        return True


def is_repeating(chunk: pq.ColumnChunkMetaData) -> bool:
    """Whether its texts lie in a dictionary of few values: read as codes they take half the time.

    Differences of texts cannot be read so, and a dictionary of nearly all values takes longer, and all its memory.
    """
    known = any("DICTIONARY" in encoding for encoding in chunk.encodings)
    differences = any(encoding.startswith("DELTA") for encoding in chunk.encodings)
    return known and not differences and bool(chunk.total_uncompressed_size <= _CODE * chunk.num_values)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    found = column.unify_dictionaries().combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found


def _next(streams: Mapping[str, Iterator[pa.Array]], rows: int, name: str) -> pa.Array:
    array = next(streams[name], None)
    _check_rows(name, 0 if array is None else len(array), rows)
    return array


def _check_rows(name: str, found: int, rows: int) -> None:
    if found != rows:
        raise ValueError(f"column {name} has {found:,} of {rows:,} rows")
