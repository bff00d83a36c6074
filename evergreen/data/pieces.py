"""What the readers of every format share: rows kept from the check, refusals that name the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from evergreen.data.sources import SourceFile
from evergreen.data.types import spelled_schema
from evergreen.errors import DataRefused
from evergreen.profiles.files import refusal

KEPT = 64 << 20  # bytes of text or Parquet in files so small that one check keeps their rows


class Kept:
    """Rows that the check has read already; forgotten and read `again` where they would fill the memory.

    `line` is where they begin in the file. Texts may be coded.
    """

    def __init__(
        self, name: str, table: pa.Table, size: int, again: Callable[[], Iterator[pa.Table]], *, line: int = 1
    ) -> None:
        self.name = name
        self.line = line
        self.size = size
        self.schema, self.rows = spelled_schema(table.schema), table.num_rows
        self._table: pa.Table | None = table
        self._again = again

    def tables(self) -> Iterator[pa.Table]:
        """The rows."""
        if self._table is None:
            yield from self._again()
        else:
            yield self._table

    def forget(self) -> None:
        """Free the memory."""
        self._table = None

    def retype(self, types: Mapping[str, pa.DataType]) -> None:
        """Forget the rows; read again, these columns have other types."""
        self.forget()
        self.schema = pa.schema([field.with_type(types.get(field.name, field.type)) for field in self.schema])


@dataclass(frozen=True)
class Streamed:
    """Rows that are read again, in types that hold all of them."""

    name: str
    schema: pa.Schema
    rows: int
    size: int
    read: Callable[[], Iterator[pa.Table]]
    line: int = 1

    def tables(self) -> Iterator[pa.Table]:
        """The rows."""
        return self.read()


# One file, a stretch of one, or many small ones: its schema is known, and its rows can be read again.
Piece = Kept | Streamed


def groups(files: Sequence[SourceFile], most: int = KEPT) -> Iterator[list[SourceFile]]:
    """Neighbours whose bytes fit into memory together; a larger file is alone."""
    group: list[SourceFile] = []
    size = 0
    for file in files:
        if group and size + file.size > most:
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group


def refused(file: SourceFile, kind: str, error: Exception) -> DataRefused:
    """What a reader says of the file."""
    return refusal(file.path, kind, error, name=file.name)


def check_not_empty(file: SourceFile) -> None:
    """DataRefused for a file without a byte."""
    if file.size == 0:
        raise DataRefused(f"{file.name}: the file is empty")
