"""Parquet files, one unit of row groups at a time.

The footer answers what it knows exactly: the rows, and the column chunks that hold nulls only, which are not read. Its
ranges are not used: writers may truncate texts and leave NaN out, and a sorted chunk gives the range for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.profiles.chunks import ROWS, check_schema, chunk_part, columns_part, kind_of
from evergreen.profiles.files import check_known, refusing
from evergreen.profiles.pile import Pile
from evergreen.profiles.quantiles import FINE_POINTS
from evergreen.profiles.table import Part

_LARGE = 2 * ROWS  # a row group of more rows is read in batches


class Unit(NamedTuple):
    """Consecutive row groups that are read together, and the row before their first."""

    groups: tuple[int, ...]
    rows: int
    start: int

    @property
    def place(self) -> str:
        """Where this is in the file."""
        last = f"–{self.groups[-1]}" if len(self.groups) > 1 else ""
        return f"row group {self.groups[0]}{last} (rows {self.start + 1:,}–{self.start + self.rows:,})"


class ParquetSource:
    """One Parquet file, checked: its schema, and how to summarise a unit of it."""

    def __init__(self, path: Path, columns: Sequence[str] | None = None) -> None:
        self._path = path
        with refusing(path, "Parquet", "footer"), pq.ParquetFile(path) as file:
            self._metadata = file.metadata
            schema = file.schema_arrow
        check_known(schema.names, columns, path)
        fields = [field for field in schema if columns is None or field.name in columns]
        self.schema = pa.schema(fields)
        check_schema(self.schema, source=path.name)
        self._texts = [field.name for field in fields if kind_of(field.type) == "text"]
        self._places = {self._metadata.row_group(0).column(at).path_in_schema: at for at in self._leaves()}

    def units(self) -> Iterator[Unit]:
        """Row groups of about one chunk together; large ones alone."""
        groups: list[int] = []
        rows = start = 0
        for group in range(self._metadata.num_row_groups):
            more = self._metadata.row_group(group).num_rows
            if groups and rows + more > ROWS:
                yield Unit(tuple(groups), rows, start)
                groups, start, rows = [], start + rows, 0
            groups.append(group)
            rows += more
        if groups:
            yield Unit(tuple(groups), rows, start)

    def part(self, unit: Unit) -> Part:
        """The summary of a unit's rows."""
        with (
            refusing(self._path, "Parquet", unit.place),
            pq.ParquetFile(self._path, metadata=self._metadata, read_dictionary=self._texts) as file,
        ):
            if unit.rows <= _LARGE:
                return columns_part(unit.rows, self._columns(file, unit), source=self._path.name, start=unit.start)
            pile = Pile()
            for batch in file.iter_batches(ROWS, row_groups=unit.groups, columns=self.schema.names, use_threads=False):
                pile.push(chunk_part(batch, source=self._path.name, start=unit.start + pile.rows))
            return pile.whole(FINE_POINTS)

    def _columns(self, file: pq.ParquetFile, unit: Unit) -> Iterator[tuple[str, pa.Array]]:
        """Columns one at a time: half the time of reading them together, since a column stays in the cache."""
        for field in self.schema:
            if self._is_empty(field.name, unit):
                yield field.name, pa.nulls(unit.rows, field.type)
                continue
            read = file.read_row_groups(list(unit.groups), columns=[field.name], use_threads=False).column(0)
            if len(read) != unit.rows:
                raise ValueError(f"column {field.name} has {len(read):,} rows")
            yield field.name, read.chunk(0) if read.num_chunks == 1 else _joined(read)

    def _leaves(self) -> range:
        return range(self._metadata.num_columns if self._metadata.num_row_groups else 0)

    def _is_empty(self, name: str, unit: Unit) -> bool:
        """Whether the footer says that a column holds nulls only in all of the unit's row groups."""
        if name not in self._places:
            return False
        for group in unit.groups:
            statistics = self._metadata.row_group(group).column(self._places[name]).statistics
            if statistics is None or not statistics.has_null_count or statistics.num_values:
                return False
        return True


def _joined(column: pa.ChunkedArray) -> pa.Array:
    found = column.unify_dictionaries().combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found
