"""Parquet as tables: footers first, then rows, large files in stretches of rows and small ones two at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.data.pieces import KEPT, Kept, Streamed, check_not_empty, groups, refused
from evergreen.data.sources import SourceFile
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused
from evergreen.profiles.chunks import check_text, kind_of
from evergreen.profiles.parquet_files import is_repeating

_BATCH, _BATCH_BYTES = 1 << 17, 64 << 20  # rows at a time, fewer of wide tables
_WORKERS = 2


def parquet_pieces(files: Sequence[SourceFile], wanted: Wanted) -> Iterator[Kept | Streamed]:
    """The files in order."""
    for group in groups(files):
        if len(group) == 1 and group[0].size > KEPT:
            yield _streamed(group[0], wanted)
            continue
        with ThreadPoolExecutor(_WORKERS) as pool:
            yield from pool.map(partial(_kept, wanted=wanted), group)


def _kept(file: SourceFile, wanted: Wanted) -> Kept:
    check_not_empty(file)
    try:
        with pq.ParquetFile(file.place) as source:
            _check(source, wanted, file)
            metadata = source.metadata
        with pq.ParquetFile(file.place, metadata=metadata, read_dictionary=_repeating_texts(metadata)) as source:
            table = source.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise refused(file, "Parquet", error) from error
    return Kept(file.name, _stored(table, file, wanted), file.size, partial(_tables, file, wanted))


def _streamed(file: SourceFile, wanted: Wanted) -> Streamed:
    try:
        with pq.ParquetFile(file.place) as source:
            _check(source, wanted, file)
            empty = wanted.stored(source.schema_arrow.empty_table(), source=file.name)
            rows = source.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise refused(file, "Parquet", error) from error
    return Streamed(file.name, empty.schema, rows, file.size, partial(_tables, file, wanted))


def _tables(file: SourceFile, wanted: Wanted) -> Iterator[pa.Table]:
    first_row = 1
    try:
        metadata = pq.read_metadata(file.place)
        coded = _repeating_texts(metadata)
        with pq.ParquetFile(file.place, metadata=metadata, memory_map=True, read_dictionary=coded) as source:
            for batch in source.iter_batches(_batch(metadata), use_threads=pa.cpu_count() > _WORKERS):
                table = pa.Table.from_batches([batch])
                yield _stored(table, file, wanted, first_row)
                first_row += table.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise refused(file, "Parquet", error) from error


def _stored(table: pa.Table, file: SourceFile, wanted: Wanted, first_row: int = 1) -> pa.Table:
    """The table in stored types; arrow takes any bytes of a text column for text."""
    start = first_row - 1
    for batch in table.to_batches():
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if kind_of(column.type) == "text":
                check_text(name, column, file.name, start)
        start += batch.num_rows
    return wanted.stored(table, source=file.name, first_row=first_row, coded=True)


def _batch(metadata: pq.FileMetaData) -> int:
    """The rows that are decoded at a time."""
    size = sum(int(metadata.row_group(group).total_byte_size) for group in range(metadata.num_row_groups))
    return max(1, min(_BATCH, _BATCH_BYTES * int(metadata.num_rows) // max(size, 1)))


def _repeating_texts(metadata: pq.FileMetaData) -> list[str]:
    """Texts that lie in dictionaries of few values: hashing them takes a tenth of the time, too."""
    texts = [at for at in range(metadata.num_columns) if metadata.schema.column(at).logical_type.type == "STRING"]
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    return [
        groups[0].column(at).path_in_schema for at in texts if all(is_repeating(group.column(at)) for group in groups)
    ]


def _check(source: pq.ParquetFile, wanted: Wanted, file: SourceFile) -> None:
    names = source.schema_arrow.names
    check_names(names, file.name)
    if source.metadata.num_rows == 0:
        raise DataRefused(f"{file.name}: the file has no rows")
    wanted.check_columns(names, file.name)
