"""CSV files, block by block. Types are inferred from the first block and widened when a later value does not fit."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.csv as pa_csv

from evergreen.errors import DataRefused
from evergreen.profiles.chunks import check_schema, kind_of
from evergreen.profiles.files import Misfit, refusing, together

_BLOCK = 1 << 20  # bytes; a row must fit into one, and pyarrow reads some thirty ahead
_MISFIT = re.compile(r"In CSV column #(\d+): .*?conversion error to (\w+)")


def read_csv(path: Path, columns: Sequence[str] | None, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    """The file's batches; Misfit names a column that needs a wider type than the first block showed."""
    with refusing(path, "CSV"):
        try:
            stream = _open(path, columns, types)
            yield from together(stream)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            found = _MISFIT.search(str(error))
            if "invalid UTF8" in str(error):
                raise _not_text(path) from error
            if found is None:
                raise
            raise Misfit(_column(path, int(found[1])), _wider(found[2])) from error


def _open(path: Path, columns: Sequence[str] | None, types: Mapping[str, pa.DataType]) -> pa_csv.CSVStreamingReader:
    stream = pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(block_size=_BLOCK, use_threads=False),  # one thread counts the rows
        convert_options=pa_csv.ConvertOptions(
            strings_can_be_null=True, column_types=dict(types), include_columns=list(columns or ())
        ),
    )
    for field in stream.schema:
        if pa.types.is_binary(field.type):
            raise _not_text(path)
        if kind_of(field.type) is None:  # a time of day
            raise Misfit(field.name, pa.string())
    check_schema(stream.schema, source=path.name)
    return stream


def _column(path: Path, at: int) -> str:
    """The name of a column of a file that has been opened before."""
    with pa_csv.open_csv(path, read_options=pa_csv.ReadOptions(block_size=_BLOCK, use_threads=False)) as stream:
        return cast(str, stream.schema.names[at])


def _wider(stored: str) -> pa.DataType:
    return pa.float64() if stored in ("null", "int64") else pa.string()


def _not_text(path: Path) -> DataRefused:
    """Which line is not UTF-8."""
    opened: IO[bytes] = (
        cast(IO[bytes], gzip.open(path)) if path.name.lower().endswith(".gz") else path.open("rb")  # noqa: SIM115
    )
    with opened as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return DataRefused(f"{path.name}, line {number:,}: byte {error.start + 1} of the line is not UTF-8")
    return DataRefused(f"{path.name}: is not UTF-8")
