"""JSON Lines as tables, a stretch of lines at a time; a type is one that holds the values of all stretches.

Declared categories and ids are texts, whatever their values are in JSON; numbers among ids stay as they are written,
and so do those of categories that a double does not hold.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.json as pa_json

from evergreen.data.exact import check_spelled, is_large, rounded
from evergreen.data.pieces import Kept, check_not_empty, refused
from evergreen.data.sources import SourceFile
from evergreen.data.types import TIMESTAMP
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused
from evergreen.profiles.files import unpacked
from evergreen.profiles.json_files import check_depth, with_line
from evergreen.project.schema import ColumnType

_STRETCH = 32 << 20
_MIXED = re.compile(r"Column\(/(.*)\) changed from (null|number|string|boolean) to (number|string|boolean) in row")
_SPACE = re.compile(r"\s*")
_PLAIN = json.JSONDecoder()
_AS_SPELLED = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


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
        with unpacked(file.path) as source:
            while text := source.read(_STRETCH):
                yield text + source.readline()
    except (OSError, EOFError) as error:
        raise refused(file, "JSON Lines", error) from error


def _read_again(
    file: SourceFile, wanted: Wanted, offset: int, size: int, line: int, texts: set[str]
) -> Iterator[pa.Table]:
    with unpacked(file.path) as source:
        source.seek(offset)
        yield _table(file, wanted, source.read(size), line, texts)


def _table(file: SourceFile, wanted: Wanted, text: bytes, line: int, texts: set[str]) -> pa.Table:
    _check_utf_8(file, text, line)
    try:
        check_depth(text, line)
        try:
            table = _parsed(text, texts)
        except pa.ArrowInvalid as error:
            found = _MIXED.search(str(error))
            if found is None or found[1] not in wanted.texts:
                raise
            rewritten = _with_texts(text, wanted)
            if rewritten is None:
                raise
            table, text = _parsed(rewritten, texts), rewritten
        for at, name in enumerate(table.column_names):
            table = table.set_column(at, name, _spelled(table[name], wanted.kinds.get(name), text, name))
    except (pa.ArrowException, ValueError) as error:
        raise refused(file, "JSON Lines", ValueError(with_line(error, text, line))) from error
    if table.num_rows and not table.column_names:
        raise DataRefused(f"{file.name}: line {line:,} and those after it name no column")
    check_names(table.column_names, file.name)
    if table.num_rows:
        wanted.check_columns(table.column_names, file.name)
    if long := rounded(table, wanted.kinds):
        spelled = pa.table([_as_texts(text, name) for name in long], names=long)
        check_spelled(spelled, source=file.name, first_row=line)
    return wanted.stored(table, source=file.name, first_row=line)


def _parsed(text: bytes, texts: set[str]) -> pa.Table:
    as_text = pa.schema([(name, pa.string()) for name in sorted(texts)])
    return pa_json.read_json(
        pa.BufferReader(text),
        read_options=pa_json.ReadOptions(block_size=len(text) + 1, use_threads=False),
        parse_options=pa_json.ParseOptions(explicit_schema=as_text, unexpected_field_behavior="infer"),
    )


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
    if kind == "id" and (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
        return column.cast(pa.string())
    time = kind in ("category", "id") and pa.types.is_timestamp(column.type)
    digits = pa.types.is_floating(column.type) and (kind == "id" or (kind == "category" and is_large(column)))
    return _as_texts(text, name, kind) if time or digits else column


def _as_texts(text: bytes, name: str, kind: ColumnType | None = None) -> pa.ChunkedArray:
    rows = _twice(text.decode("utf-8-sig", errors="replace"))
    return pa.chunked_array(
        [pa.array((_text(row.get(name), spelled.get(name), kind) for row, spelled in rows), pa.string())]
    )


def _with_texts(text: bytes, wanted: Wanted) -> bytes | None:
    """The rows with every value of declared categories and ids as a text; None where one is no JSON object."""
    lines = []
    try:
        for row, spelled in _twice(text.decode("utf-8-sig")):
            texts = {name: _text(row[name], spelled[name], wanted.kinds[name]) for name in wanted.texts if name in row}
            lines.append(json.dumps(row | texts))
    except (ValueError, TypeError):
        return None
    return "\n".join(lines).encode()


def _text(value: Any, spelled: Any, kind: ColumnType | None) -> Any:
    """A category is spelled as its value is, not as a file writes it: 3.0 is 3."""
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else spelled
    if isinstance(value, float) and kind == "category":
        return pa.scalar(value).cast(pa.string()).as_py()
    return spelled


def _twice(text: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row with its values, and with its numbers as they are spelled."""
    return zip(_rows(text, _PLAIN), _rows(text, _AS_SPELLED), strict=True)


def _rows(text: str, decoder: json.JSONDecoder) -> Iterator[dict[str, Any]]:
    at = len(_SPACE.match(text)[0])  # type: ignore[index]
    while at < len(text):
        row, at = decoder.raw_decode(text, at)
        yield row
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
