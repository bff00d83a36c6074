"""JSON Lines as tables, a stretch of lines at a time; a type is one that holds the values of all stretches.

Declared categories and ids are texts; numbers among ids stay as they are written.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO

import pyarrow as pa
import pyarrow.json as pa_json

from evergreen.data.pieces import Kept, check_not_empty, refused
from evergreen.data.sources import SourceFile
from evergreen.data.types import TIMESTAMP, is_large
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused
from evergreen.project.schema import ColumnType

_STRETCH = 32 << 20
_ROW = re.compile(r" in row (\d+)")
_SPACE = re.compile(r"\s*")
_AS_SPELLED = json.JSONDecoder(parse_int=str, parse_float=str)


def json_pieces(files: Sequence[SourceFile], wanted: Wanted) -> Iterator[Kept]:
    """The stretches of the files, in order."""
    for file in files:
        check_not_empty(file)
        yield from _stretches(file, wanted)


def _stretches(file: SourceFile, wanted: Wanted) -> Iterator[Kept]:
    """A column that is text in one stretch and times in another is text in all, as it would be in one."""
    line, offset = 1, 0
    texts: set[str] = set()  # columns
    earlier: list[Kept] = []
    for text in _texts(file):
        table = _table(file, wanted, text, line, texts)
        mixed = {name for piece in earlier for name in _mixed(piece.schema, table.schema)}
        if mixed:
            texts |= mixed
            table = _table(file, wanted, text, line, texts)
            for piece in earlier:
                piece.retype({name: pa.string() for name in mixed})
        if table.num_rows:
            again = partial(_read_again, file, wanted, offset, len(text), line, texts)
            earlier.append(Kept(file.name, table, len(text), again, line=line))
            yield earlier[-1]
        line += text.count(b"\n")
        offset += len(text)
    if not earlier:
        raise DataRefused(f"{file.name}: the file has no rows")


def _mixed(one: pa.Schema, other: pa.Schema) -> set[str]:
    """The columns that are text in one of two schemas and times in the other."""
    kinds = {pa.string(), TIMESTAMP}
    return {name for name in {*one.names} & {*other.names} if {one.field(name).type, other.field(name).type} == kinds}


def _texts(file: SourceFile) -> Iterator[bytes]:
    """Whole lines, about as many as a stretch holds."""
    try:
        with _opened(file) as source:
            while text := source.read(_STRETCH):
                yield text + source.readline()
    except (OSError, EOFError) as error:
        raise refused(file, "JSON Lines", error) from error


def _read_again(
    file: SourceFile, wanted: Wanted, offset: int, size: int, line: int, texts: set[str]
) -> Iterator[pa.Table]:
    with _opened(file) as source:
        source.seek(offset)
        yield _table(file, wanted, source.read(size), line, texts)


def _opened(file: SourceFile) -> IO[bytes]:
    return gzip.open(file.path) if file.name.lower().endswith(".gz") else file.path.open("rb")  # type: ignore[return-value]


def _table(file: SourceFile, wanted: Wanted, text: bytes, line: int, texts: set[str]) -> pa.Table:
    _check_utf_8(file, text, line)
    as_text = pa.schema([(name, pa.string()) for name in sorted(texts)])
    try:
        table = pa_json.read_json(
            pa.BufferReader(text),
            read_options=pa_json.ReadOptions(block_size=len(text) + 1, use_threads=False),
            parse_options=pa_json.ParseOptions(explicit_schema=as_text, unexpected_field_behavior="infer"),
        )
    except (pa.ArrowException, ValueError) as error:
        placed = _ROW.sub(lambda found: f" in line {int(found[1]) + line:,}", str(error).splitlines()[0])
        raise refused(file, "JSON Lines", ValueError(placed)) from error
    if table.num_rows and not table.column_names:
        raise DataRefused(f"{file.name}: line {line:,} and those after it name no column")
    for at, name in enumerate(table.column_names):
        table = table.set_column(at, name, _spelled(table[name], wanted.kinds.get(name), text, name))
    check_names(table.column_names, file.name)
    if table.num_rows:
        wanted.check_columns(table.column_names, file.name)
    return wanted.stored(table, source=file.name, first_row=line)


def _check_utf_8(file: SourceFile, text: bytes, line: int) -> None:
    """Arrow takes bytes that are no text for text."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        at = line + text.count(b"\n", 0, error.start)
        raise refused(
            file, "JSON Lines", ValueError(f"line {at:,} is not UTF-8 text; save the file as UTF-8")
        ) from error


def _spelled(column: pa.ChunkedArray, kind: ColumnType | None, text: bytes, name: str) -> pa.ChunkedArray:
    """The column; as texts where arrow has converted what is declared as `kind`."""
    if kind == "id" and pa.types.is_integer(column.type):
        return column.cast(pa.string())
    time = kind in ("category", "id") and pa.types.is_timestamp(column.type)
    digits = pa.types.is_floating(column.type) and (kind == "id" or (kind == "number" and is_large(column)))
    if not time and not digits:
        return column
    return pa.chunked_array(
        [pa.array((row.get(name) for row in _rows(text.decode("utf-8-sig", errors="replace"))), pa.string())]
    )


def _rows(text: str) -> Iterator[dict[str, str | None]]:
    at = len(_SPACE.match(text)[0])  # type: ignore[index]
    while at < len(text):
        row, at = _AS_SPELLED.raw_decode(text, at)
        yield row
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
