"""Large CSV files: a first pass finds types that hold all values, a second one reads the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
import pyarrow.csv as pa_csv

from evergreen.data.csv_columns import MANY_LINES, Types, is_read_as_text, options, texts_of
from evergreen.data.csv_text import LARGEST_ROW, TOO_LONG, EndedFile, NulFound, check_closed
from evergreen.data.exact import check_spelled, rounded
from evergreen.data.pieces import Streamed, refused
from evergreen.data.sources import SourceFile
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused

_BLOCK = LARGEST_ROW
# The order in which arrow tries types on a whole file.
_LADDER = (
    pa.null(), pa.int64(), pa.bool_(), pa.date32(), pa.time32("s"), pa.timestamp("s"), pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"), pa.float64(), pa.string(),
)  # fmt: skip
_MISFIT = re.compile(r"In CSV column #(\d+):(?: Row #\d+:)? CSV conversion error to ([^:]+):")


def streamed(file: SourceFile, wanted: Wanted) -> Streamed:
    """A first pass finds the types and every error; the rows are read again when they are stored."""
    types = texts_of(wanted)
    while True:
        rows, schema = 0, None
        long: set[str] = set()
        try:
            for table in _tables(file, wanted, types):
                rows, schema = rows + table.num_rows, table.schema
                long.update(name for name in rounded(table, wanted.kinds) if types[name] != pa.string())
            break
        except pa.ArrowException as error:
            column = _misfit(file, error)
            if column is None:
                raise _placed(file, types, error) from error
            types[column] = _wider(file, column, types[column], error)
    if schema is None:
        raise DataRefused(f"{file.name}: the file has no rows")
    if long:
        _check_digits(file, sorted(long))
    return Streamed(file.name, schema, rows, file.size, partial(_tables, file, wanted, types))


def _tables(file: SourceFile, wanted: Wanted, types: Types) -> Iterator[pa.Table]:
    """The rows in stored types. Fills `types` with what the first block suggests."""
    with _opened(file, types, threads=True) as reader:
        check_names(reader.schema.names, file.name)
        wanted.check_columns(reader.schema.names, file.name)
        as_text = {field.name: pa.string() for field in reader.schema if is_read_as_text(field.type)}
        types.update({field.name: field.type for field in reader.schema if field.name not in types} | as_text)
        first_row = 1
        for batch in () if as_text else reader:
            _check_last(file, batch, first_row)
            table = pa.Table.from_batches([batch])
            yield wanted.stored(table, source=file.name, first_row=first_row)
            first_row += table.num_rows
    if as_text:
        yield from _tables(file, wanted, types)


def _check_digits(file: SourceFile, names: list[str]) -> None:
    """DataRefused for digits that a double does not hold."""
    first_row = 1
    with _opened(file, dict.fromkeys(names, pa.string()), threads=True, columns=names) as reader:
        for batch in reader:
            check_spelled(pa.Table.from_batches([batch]), source=file.name, first_row=first_row)
            first_row += batch.num_rows


def _check_last(file: SourceFile, batch: pa.RecordBatch, first_row: int) -> None:
    """The file's last row is the one that an open quote swallows the rest of the file into."""
    try:
        check_closed(batch.slice(max(batch.num_rows - 1, 0)), first_row + batch.num_rows)
    except ValueError as error:
        raise refused(file, "CSV", error) from error


@contextmanager
def _opened(
    file: SourceFile, types: Types, *, threads: bool, columns: list[str] | None = None
) -> Iterator[pa_csv.CSVStreamingReader]:
    try:
        with pa_csv.open_csv(
            EndedFile(file.path),
            read_options=pa_csv.ReadOptions(block_size=_BLOCK, use_threads=threads),
            parse_options=MANY_LINES,
            convert_options=options(types, columns),
        ) as reader:
            yield reader
    except (OSError, UnicodeDecodeError, NulFound) as error:
        raise refused(file, "CSV", error) from error


def _misfit(file: SourceFile, error: Exception) -> str | None:
    """The column whose values are not all of the type that the first block suggested."""
    found = _MISFIT.search(str(error))
    if found is None or found[2] in ("string", "utf8"):
        return None
    with _opened(file, {}, threads=False) as reader:
        return str(reader.schema.names[int(found[1])])


def _wider(file: SourceFile, column: str, narrow: pa.DataType, error: Exception) -> pa.DataType:
    """The first type after `narrow` that holds the whole column."""
    for kind in _LADDER[_LADDER.index(narrow) + 1 if narrow in _LADDER else -1 :]:
        try:
            with _opened(file, {column: kind}, threads=True, columns=[column]) as reader:
                for _ in reader:
                    pass
        except pa.ArrowException:
            continue
        return kind
    raise _placed(file, {}, error)


def _placed(file: SourceFile, types: Types, error: Exception) -> DataRefused:
    """The refusal with the row's number, which arrow tells only when it reads with one thread."""
    try:
        with _opened(file, types, threads=False) as reader:
            for _ in reader:
                pass
    except pa.ArrowException as placed:
        error = placed
    if TOO_LONG in str(error):
        error = ValueError(f"a row is longer than {_BLOCK >> 20} MiB; is there a quote that is never closed?")
    return refused(file, "CSV", error)
