"""Files as one stream of rows in stored types: planned first, so that bad text is refused before anything is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.compatibility import combined
from evergreen.data.csv_reading import Read, csv_pieces
from evergreen.data.exact import exactly
from evergreen.data.hashing import content
from evergreen.data.json_reading import json_pieces
from evergreen.data.manifest import ManifestColumn
from evergreen.data.parquet_reading import parquet_pieces
from evergreen.data.pieces import Kept, Piece, Streamed
from evergreen.data.sources import CSV, JSON_LINES, Progress, SourceFile, silent
from evergreen.data.types import is_coded
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.validation.redaction import shape

_KEPT_IN_ALL = 256 << 20  # bytes of files whose rows the check may keep in memory


@dataclass(frozen=True)
class Rows:
    """All rows of some files, in one schema."""

    source: str
    schema: pa.Schema
    pieces: Sequence[Piece]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(piece.rows for piece in self.pieces)

    @property
    def size(self) -> int:
        """The bytes of the files that hold them."""
        return sum(piece.size for piece in self.pieces)

    def tables(self, progress: Progress = silent, *, coded: bool = False) -> Iterator[pa.Table]:
        """The rows, file by file; texts may be `coded`. DataRefused for a file that is no longer as it was found."""
        done, total = 0, self.count
        for piece in self.pieces:
            try:
                for table in piece.tables():
                    done += table.num_rows
                    progress("reading", done, total)
                    yield fitted(table, self.schema, source=piece.name, coded=coded)
            except (pa.ArrowException, OSError) as error:
                raise DataRefused(
                    f"{piece.name}: cannot be read once more; did it change while it was read?"
                ) from error


def open_rows(files: Sequence[SourceFile], wanted: Wanted, *, source: str, read: Read = content) -> Rows:
    """The rows of table files in the order given; DataRefused names the file and the place.

    `read` gives the content of small CSV files.
    """
    pieces: list[Piece] = []
    kept = 0
    for kind, group in _by_kind(files):
        make = {"json": json_pieces, "parquet": parquet_pieces}.get(kind, partial(csv_pieces, read=read))
        for piece in make(group, wanted):
            kept += piece.size
            if isinstance(piece, Kept) and kept > _KEPT_IN_ALL:
                piece.forget()
            pieces.append(piece)
    rows = Rows(source, _schema(pieces, wanted.ids), pieces)
    if rows.count == 0:
        raise DataRefused(f"{source}: the file has no rows")
    wanted.check_target(rows.schema, source)
    return rows


def table_rows(table: pa.Table, *, source: str) -> Rows:
    """A table in stored types as a stream."""
    return Rows(
        source, table.schema, [Streamed(source, table.schema, table.num_rows, table.nbytes, lambda: iter([table]))]
    )


def fitted(table: pa.Table, schema: pa.Schema, *, source: str, coded: bool = False) -> pa.Table:
    """The table in a schema that is its own or a wider one: missing columns are null. Texts may stay `coded`.

    DataRefused for a whole number that is no double where other rows hold fractions.
    """
    if table.schema.equals(schema):
        return table

    def column(field: pa.Field) -> pa.ChunkedArray | pa.Array:
        if field.name not in table.column_names:
            return pa.nulls(table.num_rows, field.type)
        found = table[field.name]
        if (found.type, field.type) == (pa.int64(), pa.float64()):
            check_doubles(found, name=field.name, source=source, others="other rows")
        return found if coded and is_coded(found.type) and pa.types.is_string(field.type) else found.cast(field.type)

    return pa.table([column(field) for field in schema], names=schema.names)


def check_doubles(column: pa.ChunkedArray, *, name: str, source: str, others: str) -> None:
    """DataRefused for the first whole number that a double does not hold."""
    lost = pc.and_(pc.is_null(exactly(column, pa.float64())), pc.is_valid(column))
    if pc.any(lost).as_py():
        value = column[pc.index(lost, True).as_py()].as_py()
        raise DataRefused(
            f"{source}: column {name} holds {shape(str(value))}, and {others} hold fractions in it: as one of those it "
            "would be another number (2^53 is the last that is sure); declare the column as an id, or write it alike "
            "everywhere"
        )


def _schema(pieces: Sequence[Piece], ids: Collection[str]) -> pa.Schema:
    """The columns of all pieces; DataRefused names the piece that does not fit below the others.

    Whole numbers among identifiers that are texts elsewhere are spelled out.
    """
    first = pieces[0].schema
    if all(piece.schema.equals(first) for piece in pieces):
        return first
    texts = {field.name for piece in pieces for field in piece.schema if field.type == pa.string()}.intersection(ids)
    columns = _columns(first, texts)
    for piece in pieces[1:]:
        names = {column.name for column in columns}
        found = {column.name: column for column in _columns(piece.schema, texts)}
        absent = [ManifestColumn(name=column.name, type="null", nullable=True) for column in columns]
        padded = [found.get(column.name, column) for column in absent] + _only(found, names)
        columns = combined(columns, padded, **_placed(piece), otherwise="write its values alike everywhere")
    types = {str(field.type): field.type for piece in pieces for field in piece.schema}
    return pa.schema([(column.name, types[column.type]) for column in columns])


def _placed(piece: Piece) -> dict[str, str]:
    """What a refusal calls the piece, and what is before it."""
    if piece.line == 1:
        return {"source": piece.name, "beside": "the files before it"}
    return {"source": f"{piece.name} from line {piece.line:,} on", "beside": "the lines before"}


def _only(found: dict[str, ManifestColumn], known: set[str]) -> list[ManifestColumn]:
    return [column for name, column in found.items() if name not in known]


def _columns(schema: pa.Schema, texts: Collection[str]) -> list[ManifestColumn]:
    spelled = {field.name: "string" for field in schema if field.name in texts and field.type == pa.int64()}
    kinds = {field.name: str(field.type) for field in schema} | spelled
    return [ManifestColumn(name=name, type=kind, nullable=True) for name, kind in kinds.items()]


def _by_kind(files: Sequence[SourceFile]) -> Iterator[tuple[str, list[SourceFile]]]:
    """Neighbours of one kind together, in order."""
    group: list[SourceFile] = []
    kind = ""
    for file in files:
        name = file.name.lower()
        found = "csv" if name.endswith(CSV) else "json" if name.endswith(JSON_LINES) else "parquet"
        if group and found != kind:
            yield kind, group
            group = []
        kind = found
        group.append(file)
    if group:
        yield kind, group
