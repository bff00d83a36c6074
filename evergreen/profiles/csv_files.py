"""CSV files, block by block. Types are inferred from the first block and widened when a later value does not fit."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv as pa_csv

from evergreen.data.csv_text import END, LARGEST_ROW, TOO_LONG, CheckedFile, EndedFile
from evergreen.errors import DataRefused
from evergreen.profiles.chunks import check_schema, kind_of
from evergreen.profiles.files import Misfit, not_text, refusing, together, unpacked

_PARSE = pa_csv.ParseOptions(newlines_in_values=True)
_BLOCK = 1 << 20  # bytes; pyarrow reads some thirty ahead
_MISFIT = re.compile(
    r"In CSV column #(\d+): .*?conversion error to (\w+).*?: (?:invalid value|expected (?:a|no) zone offset in) '(.*)'",
    re.DOTALL,
)


class LongRow(Exception):
    """A row does not fit into a block."""


def read_csv(
    path: Path, columns: Sequence[str] | None, types: Mapping[str, pa.DataType], *, long_rows: bool = False
) -> Iterator[pa.RecordBatch]:
    """The file's batches; Misfit names a column that needs a wider type than the first block showed.

    LongRow, unless `long_rows` are read, in more memory.
    """
    block = LARGEST_ROW if long_rows else _BLOCK
    with refusing(path, "CSV"):
        with unpacked(path) as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                raise DataRefused(f"{path.name}: is UTF-16; save it as UTF-8")
        try:
            stream = _open(path, columns, types, block)
            yield from _closed(path, together(stream))
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            found = _MISFIT.search(str(error))
            if TOO_LONG in str(error):
                if not long_rows:
                    raise LongRow from error
                raise DataRefused(
                    f"{path.name}: a row is longer than {block >> 20} MiB; is there a quote that is never closed?"
                ) from error
            if found is None:
                raise
            raise Misfit(_column(path, int(found[1])), _wider(found[2], found[3])) from error


def _closed(path: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches; a quote that is never closed makes the rest of a file one cell, and pyarrow takes it."""
    last = None
    for batch in batches:
        last = batch
        yield batch
    cell = last.column(last.num_columns - 1)[-1].as_py() if last is not None and last.num_columns else None
    if isinstance(cell, str) and "\n" in cell and _is_open(path):
        with unpacked(path) as lines:
            place = sum(1 for _ in lines) - cell.count("\n")
        raise DataRefused(f"{path.name}, line {place + cell.endswith(chr(10)):,}: a quote is never closed")


def _is_open(path: Path) -> bool:
    """Whether the file's last cell goes on to its end, read once more: only a last cell of many lines is worth it."""
    name = _column(path, -1)
    options = _convert(column_types={name: pa.string()}, include_columns=[name])
    read = pa_csv.ReadOptions(block_size=LARGEST_ROW, use_threads=False)
    with pa_csv.open_csv(EndedFile(path), read_options=read, parse_options=_PARSE, convert_options=options) as stream:
        last = deque((batch for batch in stream if batch.num_rows), maxlen=1).pop().column(0)[-1].as_py()
    return isinstance(last, str) and last.endswith(END)


def _open(
    path: Path, columns: Sequence[str] | None, types: Mapping[str, pa.DataType], block: int
) -> pa_csv.CSVStreamingReader:
    stream = pa_csv.open_csv(
        CheckedFile(path),
        read_options=pa_csv.ReadOptions(block_size=block, use_threads=False),  # one thread counts the rows
        parse_options=_PARSE,
        convert_options=_convert(column_types=dict(types), include_columns=list(columns or ())),
    )
    for field in stream.schema:
        if pa.types.is_binary(field.type):
            raise not_text(path, "CSV", name=path.name)
        if kind_of(field.type) is None:  # a time of day
            raise Misfit(field.name, pa.string())
    check_schema(stream.schema, source=path.name)
    return stream


def _column(path: Path, at: int) -> str:
    """The name of a column of a file that has been opened before."""
    with pa_csv.open_csv(
        path, read_options=pa_csv.ReadOptions(block_size=LARGEST_ROW, use_threads=False), parse_options=_PARSE
    ) as stream:
        return cast(str, stream.schema.names[at])


def _wider(stored: str, value: str) -> pa.DataType:
    """What holds this value beside what the column has held so far."""
    quoted = '"' + value.replace('"', '""') + '"'
    found = pa_csv.read_csv(BytesIO(f"value\n{quoted}\n".encode()), convert_options=_convert()).schema.types[0]
    times = stored in ("date32", "timestamp") and pa.types.is_timestamp(found) and found.tz is None
    numbers = stored == "int64" and pa.types.is_floating(found)
    return found if stored == "null" or times or numbers else pa.string()


def _convert(**options: Any) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(strings_can_be_null=True, **options)
