"""JSON Lines, some megabytes of whole lines at a time. A block may lack columns and may widen whole numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pa_json

from evergreen.errors import DataRefused
from evergreen.profiles.chunks import check_schema, kind_of
from evergreen.profiles.column import Kind
from evergreen.profiles.files import Misfit, hint, refusing, unpacked

_BLOCK = 8 << 20
_DEEPEST = 500  # objects and lists in a row: Python reads 1,000 within each other
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ROW = re.compile(r" in row (\d+)")


def read_json(path: Path, columns: Sequence[str] | None, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    """The file's batches; Misfit names a column of times in which other texts follow."""
    kinds: dict[str, Kind] = {}
    for first, block in _blocks(path):
        last = first + block.count(b"\n") - 1
        lines = f"lines {first:,}–{last:,}"
        _check_text(path, first, block)
        with refusing(path, "JSON Lines", lines):
            check_depth(block, first)
            table = _parsed(block, first, types)
        check_schema(table.schema, source=f"{path.name}, {lines}")
        if columns is not None:
            table = table.select([name for name in columns if name in table.column_names])
        _check_kinds(table.schema, kinds, f"{path.name}, {lines}")
        yield from table.combine_chunks().to_batches()


def with_line(error: Exception, text: bytes, first: int) -> str:
    """Arrow's first line with the line of the row that it counts from 0; the text begins at line `first`."""
    said = str(error).splitlines()[0]
    return _ROW.sub(lambda found: f" in line {first + _lines_before(text, int(found[1])):,}", said)


def check_depth(text: bytes, first: int) -> None:
    """ValueError for a row that is nested so deeply that arrow's reader would not come back from it, nor Python's."""
    if _brackets(text) <= text.count(b"\n{") + _DEEPEST:  # nearly all begin a row
        return
    for line, row in enumerate(text.split(b"\n"), start=first):
        if _brackets(row) > _DEEPEST and _brackets(_STRING.sub(b"", row)) > _DEEPEST:
            raise ValueError(f"line {line:,} is nested too deeply; a column holds one value in each row")


def _brackets(text: bytes) -> int:
    return text.count(b"{") + text.count(b"[")


def _lines_before(text: bytes, row: int) -> int:
    """How many lines come before a row: blank ones are no rows."""
    rows = (number for number, line in enumerate(text.split(b"\n")) if line.strip())
    return next(islice(rows, row, None), row)


def _parsed(block: bytes, first: int, types: Mapping[str, pa.DataType]) -> pa.Table:
    try:
        return pa_json.read_json(
            BytesIO(block),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pa_json.ParseOptions(explicit_schema=pa.schema(list(types.items()))),
        )
    except pa.ArrowInvalid as error:
        raise ValueError(with_line(error, block, first)) from error


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, each with the number of its first line; the last line ends like the others."""
    line = 1
    with refusing(path, "JSON Lines"), unpacked(path) as stream:
        while block := stream.read(_BLOCK):
            block += stream.readline()
            block = block if block.endswith(b"\n") else block + b"\n"
            if block.strip():
                yield line, block
            line += block.count(b"\n")


def _check_text(path: Path, first: int, block: bytes) -> None:
    try:
        block.decode()
    except UnicodeDecodeError as error:
        line = first + block.count(b"\n", 0, error.start)
        raise DataRefused(f"{path.name}, line {line:,}: is not UTF-8{hint(path, 'JSON Lines')}") from error


def _check_kinds(schema: pa.Schema, kinds: dict[str, Kind], place: str) -> None:
    for field in schema:
        kind = kind_of(field.type) or "null"
        before = kinds.setdefault(field.name, kind)
        if before == "null":
            kinds[field.name] = kind
        elif {kind, before} == {"timestamp", "text"}:
            raise Misfit(field.name, pa.string())
        elif kind not in (before, "null"):
            raise DataRefused(f"{place}: column {field.name} is a {kind}, and it was a {before} before")
