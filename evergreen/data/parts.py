"""One part of a table: the hash of its rows, and its deterministic Parquet bytes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3

from evergreen.data.packing import LEVEL, is_dense, is_whole_number, packed, repeats
from evergreen.data.room import Room
from evergreen.data.store import Body
from evergreen.data.types import is_coded, spelled_schema
from evergreen.profiles.views import raw

_AT_ONCE = 1 << 14  # rows: a sixteenth of the default's rounds
_COPY, _BATCH, _SCHEMA = "evergreen.copy", "evergreen.batch", "ARROW:schema"


@dataclass(frozen=True)
class Part:
    """Rows in the one form in which they are hashed and written, whatever chunks, files or encodings they come from."""

    table: pa.Table

    @classmethod
    def of(cls, table: pa.Table) -> Part:
        """These rows; texts may be coded."""
        return cls(pa.table({name: packed(_one_chunk(table[name])) for name in table.column_names}))

    @cached_property
    def schema(self) -> pa.Schema:
        """The stored types: coded texts are texts."""
        return spelled_schema(self.table.schema)

    @cached_property
    def content(self) -> str:
        """The BLAKE3 hash of the rows and their schema, four times as fast as SHA-256: every row passes through it."""
        digest = blake3(f"{self.table.num_rows}\n".encode())
        for field in self.schema:
            digest.update(f"{field.name}\0{field.type}\n".encode())
            _hash_column(digest, self._column(field.name))
        return digest.hexdigest()

    @cached_property
    def missing(self) -> dict[str, int]:
        """The columns that lack values, and in how many rows; of NaN only that there is one."""
        names = self.table.column_names
        return {name: self.table[name].null_count or 1 for name in names if has_missing(self.table[name])}

    def to_bytes(self, *, copy: int = 0, batch: str = "", room: Room | None = None) -> Body:
        """The part as Parquet: equal rows give equal bytes.

        A further `copy` of the same rows gets bytes of its own, and so do the same rows of another landing batch.
        What lies in a `room` lasts until another part is made there.
        """
        said = {_COPY: str(copy) if copy else "", _BATCH: batch, _SCHEMA: b64encode(self.schema.serialize()).decode()}
        names = self.table.column_names
        repeating = [name for name in names if repeats(self._column(name))]
        codecs = {name: self._codec(name, name in repeating) for name in names}
        return (room or Room()).written(
            self.table,
            {name: text for name, text in said.items() if text},
            compression=codecs,
            compression_level={name: LEVEL for name, codec in codecs.items() if codec == "zstd"},
            use_dictionary=repeating,
            column_encoding={
                field.name: "DELTA_BINARY_PACKED"
                for field in self.schema
                if field.name not in repeating and is_whole_number(field.type)
            },
            write_batch_size=_AT_ONCE,
            store_schema=False,  # it would say that texts are codes
            write_statistics=True,
        )

    def _column(self, name: str) -> pa.Array:
        return self.table[name].chunk(0)

    def _codec(self, name: str, repeating: bool) -> str:
        return "none" if is_dense(self._column(name), repeating=repeating) else "zstd"


def has_missing(column: pa.ChunkedArray) -> bool:
    """Whether any value is null or NaN."""
    if column.null_count:
        return True
    if not pa.types.is_floating(column.type) or np.isfinite(pc.sum(column).as_py() or 0.0):
        return False  # a sum with a NaN is one
    return bool(pc.any(pc.is_nan(column)).as_py())


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _hash_column(digest: Any, column: pa.Array) -> None:
    """Validity, then values with nulls as zeros; of texts that repeat the different ones, then their codes."""
    if pa.types.is_null(column.type):
        return
    if column.null_count:
        digest.update(_bytes_of(column.is_valid().cast(pa.uint8())))
    if is_coded(column.type):
        digest.update(f"{len(column.dictionary)}\n".encode())
        _hash_texts(digest, column.dictionary)
        column = column.indices
    if column.null_count:
        column = pc.fill_null(column, "" if pa.types.is_string(column.type) else pa.scalar(0).cast(column.type))
    if pa.types.is_string(column.type):
        _hash_texts(digest, column)
    else:
        digest.update(_bytes_of(column.cast(pa.uint8()) if pa.types.is_boolean(column.type) else column))


def _hash_texts(digest: Any, texts: pa.Array) -> None:
    digest.update(_bytes_of(pc.binary_length(texts)))
    if len(texts):
        offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
        if offsets[-1] > offsets[0]:
            digest.update(memoryview(texts.buffers()[2])[int(offsets[0]) : int(offsets[-1])])


def _bytes_of(values: pa.Array) -> memoryview:
    return raw(values).view(np.uint8).data
