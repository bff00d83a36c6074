"""Memory in which the bytes of one part after another are made: what a system hands out anew, it clears first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.data.store import Body

_ROW_GROUP = 1 << 20
_FOOTER, _OF_A_COLUMN = 1 << 20, 1 << 12  # bytes: room enough for most


class Room:
    """The memory of one writer, as large as its largest part needed."""

    def __init__(self) -> None:
        self._memory: pa.Buffer | None = None

    def written(self, table: pa.Table, said: Mapping[str, str], **options: Any) -> Body:
        """The table as Parquet, which lasts until the next; what turns out to be larger gets memory of its own."""
        size = 2 * table.nbytes + _FOOTER + _OF_A_COLUMN * table.num_columns
        if self._memory is None or self._memory.size < size:
            self._memory = pa.allocate_buffer(size)
        fixed = pa.FixedSizeBufferWriter(self._memory)
        try:
            _write(table, fixed, said, options)
            written = self._memory.slice(0, fixed.tell())
        except OSError:
            grown = pa.BufferOutputStream()
            _write(table, grown, said, options)
            written = grown.getvalue()
        return memoryview(written).cast("B")


class Rooms:
    """As many as there are writers at once."""

    def __init__(self) -> None:
        self._free: deque[Room] = deque()

    @contextmanager
    def one(self) -> Iterator[Room]:
        """One that nobody else writes in."""
        try:
            room = self._free.pop()
        except IndexError:
            room = Room()
        try:
            yield room
        finally:
            self._free.append(room)


def _write(table: pa.Table, sink: pa.NativeFile, said: Mapping[str, str], options: Mapping[str, Any]) -> None:
    with pq.ParquetWriter(sink, table.schema, **options) as writer:
        writer.add_key_value_metadata(said)
        writer.write_table(table, row_group_size=_ROW_GROUP)
