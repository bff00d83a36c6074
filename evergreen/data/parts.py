"""One part of a table: the hash of its rows, and its deterministic Parquet bytes."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evergreen.profiles.views import raw

_RUNS, _RUN = 8, 256
_SAMPLE = _RUNS * _RUN
_REPEATS = 0.5  # of a sample's values distinct: above it a dictionary costs time and saves nothing
_REPEATING_NUMBERS = 0.1  # of whole numbers: differences are packed as tightly, in half the time
_ROW_GROUP = 1 << 20
_COPY, _BATCH = b"evergreen.copy", b"evergreen.batch"


def content_hash(table: pa.Table) -> str:
    """The SHA-256 of the rows and their schema, whatever chunks, files or Parquet versions they come from."""
    digest = sha256(f"{table.num_rows}\n".encode())
    for field in table.schema:
        digest.update(f"{field.name}\0{field.type}\n".encode())
        _hash_column(digest, table[field.name])
    return digest.hexdigest()


def to_bytes(table: pa.Table, *, copy: int = 0, batch: str = "") -> bytes:
    """The part as Parquet: equal tables give equal bytes.

    A further `copy` of the same rows gets bytes of its own, and so do the same rows of another landing batch.
    """
    said = {_COPY: str(copy) if copy else "", _BATCH: batch}
    whole = table.combine_chunks().replace_schema_metadata({name: text for name, text in said.items() if text} or None)
    repeating = [name for name in whole.column_names if _repeats(whole[name])]
    sink = pa.BufferOutputStream()
    pq.write_table(
        whole,
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=repeating,
        column_encoding={
            field.name: "DELTA_BINARY_PACKED"
            for field in whole.schema
            if field.name not in repeating and _is_whole_number(field.type)
        },
        row_group_size=_ROW_GROUP,
        store_schema=True,
        write_statistics=True,
    )
    return bytes(memoryview(sink.getvalue()))


def has_missing(column: pa.ChunkedArray) -> bool:
    """Whether any value is null or NaN."""
    if column.null_count:
        return True
    return bool(pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py())


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether values repeat enough for a dictionary, judged by some runs of them."""
    if len(column) < _SAMPLE or pa.types.is_null(column.type):
        return True
    step = len(column) // _RUNS
    sample = pa.chunked_array([chunk for run in range(_RUNS) for chunk in column.slice(run * step, _RUN).chunks])
    most = _REPEATING_NUMBERS if _is_whole_number(column.type) else _REPEATS
    return bool(pc.count_distinct(sample).as_py() <= most * len(sample))


def _is_whole_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_temporal(kind))


def _hash_column(digest: Any, column: pa.ChunkedArray) -> None:
    """Validity, then values with nulls as zeros, each as if the column were one array."""
    if pa.types.is_null(column.type):
        return
    if column.null_count:
        digest.update(raw(pc.is_valid(column).combine_chunks().cast(pa.uint8())))
        zero = "" if pa.types.is_string(column.type) else pa.scalar(0).cast(column.type)
        column = pc.fill_null(column, zero)
    if pa.types.is_string(column.type):
        _hash_texts(digest, column)
        return
    for chunk in column.chunks:
        digest.update(raw(chunk.cast(pa.uint8()) if pa.types.is_boolean(chunk.type) else chunk))


def _hash_texts(digest: Any, column: pa.ChunkedArray) -> None:
    digest.update(raw(pc.binary_length(column).combine_chunks()))
    for chunk in column.chunks:
        if len(chunk):
            offsets = np.frombuffer(chunk.buffers()[1], np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            if offsets[-1] > offsets[0]:
                digest.update(memoryview(chunk.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
