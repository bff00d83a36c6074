"""CSV as tables. A column's type is one that holds all its values, whatever the first rows suggest.

Declared categories and ids stay as they are written (`007`); `NA`, `null` and empty fields are missing values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
import pyarrow.csv as pa_csv

from evergreen.data.csv_text import QUOTE, EndedFile, check_closed, header, joined
from evergreen.data.pieces import KEPT, Kept, Streamed, check_not_empty, groups, looks_like, refused
from evergreen.data.sources import SourceFile
from evergreen.data.types import rounded
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused

_BLOCK = 16 << 20
_STRETCH = 8 << 20  # bytes of small files that are parsed as one text
_WORKERS = 2
_Texts = list[tuple[SourceFile, bytes]]
# The order in which arrow tries types on a whole file.
_LADDER = (
    pa.null(), pa.int64(), pa.bool_(), pa.date32(), pa.time32("s"), pa.timestamp("s"), pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"), pa.float64(), pa.string(),
)  # fmt: skip
_MISFIT = re.compile(r"In CSV column #(\d+):(?: Row #\d+:)? CSV conversion error to ([^:]+):")
_MANY_LINES = pa_csv.ParseOptions(newlines_in_values=True)
_TOO_LONG = "straddling object"
_Types = dict[str, pa.DataType]


def csv_pieces(files: Sequence[SourceFile], wanted: Wanted) -> Iterator[Kept | Streamed]:
    """The files in order: small ones parsed together, large ones streamed."""
    for file in files:
        check_not_empty(file)
    for group in groups(files):
        packed = any(file.name.lower().endswith(".gz") for file in group)
        if len(group) == 1 and (packed or group[0].size > KEPT):
            yield _streamed(group[0], wanted)
        elif packed:
            yield from (_streamed(file, wanted) for file in group)
        else:
            yield from _small(group, wanted)


def _small(group: list[SourceFile], wanted: Wanted) -> Iterator[Kept]:
    """Files of one header are parsed as few texts; when that fails, one by one, so that the bad one is named."""
    for same in _same_header(group):
        try:
            yield from _together(same, wanted)
        except (pa.ArrowException, ValueError, DataRefused):
            if len(same) == 1:
                raise
            yield from (_parsed([(file, text)], wanted) for file, text in same)


def _together(files: _Texts, wanted: Wanted) -> list[Kept]:
    """In stretches side by side, and as one text where stretches alone suggest different types."""
    stretches = list(_stretches(files))
    if len(stretches) > 1:
        with ThreadPoolExecutor(_WORKERS) as pool:
            kept = list(pool.map(partial(_parsed, wanted=wanted), stretches))
        if all(piece.schema.equals(kept[0].schema) for piece in kept):
            return kept
    return [_parsed(files, wanted)]


def _stretches(files: _Texts) -> Iterator[_Texts]:
    stretch: _Texts = []
    size = 0
    for file, text in files:
        if size > _STRETCH:
            yield stretch
            stretch, size = [], 0
        stretch.append((file, text))
        size += len(text)
    yield stretch


def _parsed(files: _Texts, wanted: Wanted) -> Kept:
    file = files[0][0]
    texts = [text for _, text in files]
    try:
        table = _whole(texts, _texts(wanted))
        # Bytes that are no UTF-8, times of day, digits that a double does not hold: asking for text names the row.
        again = [field.name for field in table.schema if _is_read_as_text(field.type)] + rounded(table, wanted.kinds)
        if again:
            table = _whole(texts, _texts(wanted) | dict.fromkeys(again, pa.string()))
    except (pa.ArrowException, ValueError) as error:
        raise refused(file, "CSV", error) from error
    _check(table.schema, table.num_rows, wanted, file)
    stored = wanted.stored(table, source=file.name)
    size = sum(map(len, texts))
    return Kept(file.name, stored, size, partial(_parsed_again, [file for file, _ in files], wanted))


def _is_read_as_text(kind: pa.DataType) -> bool:
    """Of the types that arrow suggests: bytes, and times of day, which no stored type holds."""
    return bool(pa.types.is_binary(kind) or pa.types.is_time(kind))


def _whole(texts: Sequence[bytes], types: _Types) -> pa.Table:
    text = joined(texts)
    table = pa_csv.read_csv(
        pa.BufferReader(text),
        read_options=pa_csv.ReadOptions(block_size=max(len(text), 1 << 16), use_threads=False),
        parse_options=_MANY_LINES,
        convert_options=_options(types),
    )
    if QUOTE in text:
        check_closed(table, first_row=2)
    return table


def _parsed_again(files: list[SourceFile], wanted: Wanted) -> Iterator[pa.Table]:
    yield from _parsed([(file, _read(file)) for file in files], wanted).tables()


def _same_header(group: list[SourceFile]) -> Iterator[_Texts]:
    same: _Texts = []
    before = b""
    for file in group:
        try:
            text = _read(file)
        except OSError as error:
            raise DataRefused(f"{file.name}: {error.strerror}") from error
        found = header(text)
        if same and (found != before or not found):
            yield same
            same = []
        before = found
        same.append((file, text))
    yield same


def _read(file: SourceFile) -> bytes:
    with open(file.place, "rb", buffering=0) as source:  # noqa: PTH123 - twice as fast, and folders have many files
        return source.read()


def _streamed(file: SourceFile, wanted: Wanted) -> Streamed:
    """A first pass finds the types and every error; the rows are read again when they are stored."""
    types = _texts(wanted)
    while True:
        rows, schema = 0, None
        long: set[str] = set()
        try:
            for table in _tables(file, wanted, types):
                rows, schema = rows + table.num_rows, table.schema
                long.update(name for name in rounded(table, wanted.kinds) if types[name] != pa.string())
            if not long:
                break
            types |= dict.fromkeys(long, pa.string())
        except pa.ArrowException as error:
            column = _misfit(file, error)
            if column is None:
                raise _placed(file, types, error) from error
            types[column] = _wider(file, column, types[column], error)
    if schema is None:
        raise DataRefused(f"{file.name}: the file has no rows")
    return Streamed(file.name, schema, rows, file.size, partial(_tables, file, wanted, types))


def _tables(file: SourceFile, wanted: Wanted, types: _Types) -> Iterator[pa.Table]:
    """The rows in stored types. Fills `types` with what the first block suggests."""
    with _opened(file, types, threads=True) as reader:
        check_names(reader.schema.names, file.name)
        wanted.check_columns(reader.schema.names, file.name)
        as_text = {field.name: pa.string() for field in reader.schema if _is_read_as_text(field.type)}
        types.update({field.name: field.type for field in reader.schema if field.name not in types} | as_text)
        first_row = 1
        for batch in () if as_text else reader:
            _check_last(file, batch, first_row)
            table = pa.Table.from_batches([batch])
            yield wanted.stored(table, source=file.name, first_row=first_row)
            first_row += table.num_rows
    if as_text:
        yield from _tables(file, wanted, types)


def _check_last(file: SourceFile, batch: pa.RecordBatch, first_row: int) -> None:
    """The file's last row is the one that an open quote swallows the rest of the file into."""
    try:
        check_closed(batch.slice(max(batch.num_rows - 1, 0)), first_row + batch.num_rows)
    except ValueError as error:
        raise refused(file, "CSV", error) from error


@contextmanager
def _opened(
    file: SourceFile, types: _Types, *, threads: bool, columns: list[str] | None = None
) -> Iterator[pa_csv.CSVStreamingReader]:
    try:
        with pa_csv.open_csv(
            EndedFile(file.path),
            read_options=pa_csv.ReadOptions(block_size=_BLOCK, use_threads=threads),
            parse_options=_MANY_LINES,
            convert_options=_options(types, columns),
        ) as reader:
            yield reader
    except OSError as error:
        raise refused(file, "CSV", error) from error


def _options(types: _Types, columns: list[str] | None = None) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(strings_can_be_null=True, column_types=types, include_columns=columns or [])


def _texts(wanted: Wanted) -> _Types:
    return dict.fromkeys(wanted.texts, pa.string())


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


def _placed(file: SourceFile, types: _Types, error: Exception) -> DataRefused:
    """The refusal with the row's number, which arrow tells only when it reads with one thread."""
    try:
        with _opened(file, types, threads=False) as reader:
            for _ in reader:
                pass
    except pa.ArrowException as placed:
        error = placed
    if _TOO_LONG in str(error):
        error = ValueError(f"a row is longer than {_BLOCK >> 20} MiB; is there a quote that is never closed?")
    return refused(file, "CSV", error)


def _check(schema: pa.Schema, rows: int, wanted: Wanted, file: SourceFile) -> None:
    check_names(schema.names, file.name)
    if rows == 0:
        raise DataRefused(f"{file.name}: the file has no rows")
    wanted.check_columns(schema.names, file.name)
    if looks_like(file.path) == "Parquet":
        raise DataRefused(f"{file.name}: its content is Parquet; rename it")
