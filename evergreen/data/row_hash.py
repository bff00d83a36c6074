"""A hash for each row of a table, from the row and those before it: where the content itself says to cut.

Row i has h(i) = Σ over columns of c(column) · bits(value) in 64-bit arithmetic, c odd and made of the column's name.
What is compared is the hash of the last 32 rows, Σ over j < 32 of h(i − j) · M^j, mixed by MurmurHash3's finalizer:
equal runs of rows have equal hashes wherever they stand, and columns of few values still tell positions apart.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.profiles.views import raw

WINDOW = 32  # a power of two: the window's sum is built by doubling
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8
_KEEP = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], np.uint64)  # the first bytes of a word
_NULL = 0x5851F42D4C957F2D
_MIX = ((33, np.uint64(0xFF51AFD7ED558CCD)), (33, np.uint64(0xC4CEB9FE1A85EC53)))


class RowHashes:
    """Hashes of a stream of tables; remembers the last rows of one for the first rows of the next."""

    def __init__(self) -> None:
        self._before = np.zeros(WINDOW - 1, np.uint64)

    def of(self, table: pa.Table) -> Any:
        """The windowed hashes, an array of shape (rows,)."""
        rows = np.concatenate([self._before, _row_hashes(table)])
        self._before = rows[-(WINDOW - 1) :].copy()
        total, power, width = rows, int(_MULTIPLIER), 1
        while width < WINDOW:
            total = total[width:] + total[:-width] * np.uint64(power)
            power, width = power * power % 2**64, width * 2
        return _mixed(total)


def _row_hashes(table: pa.Table) -> Any:
    total = np.zeros(table.num_rows, np.uint64)
    for name in table.column_names:
        start = 0
        for chunk in table[name].chunks:
            part = total[start : start + len(chunk)]
            _add(part, chunk, np.uint64(_constant(name)))
            start += len(chunk)
    return total


def _add(total: Any, values: pa.Array, constant: np.uint64) -> None:
    if pa.types.is_null(values.type) or not len(values):
        return
    if pa.types.is_dictionary(values.type):
        total += _coded_bits(values) * constant
        return
    if values.null_count:
        missing = raw(pc.is_null(values).cast(pa.uint8()))
        total += missing * np.uint64(_NULL) * constant
        values = pc.fill_null(values, "" if pa.types.is_string(values.type) else pa.scalar(0).cast(values.type))
    total += _bits(values) * constant


def _coded_bits(values: pa.DictionaryArray) -> Any:
    """Those of the texts that the codes stand for, or of null."""
    known = np.append(_text_bits(values.dictionary), np.uint64(_NULL))
    codes = raw(pc.fill_null(values.indices, len(values.dictionary)) if values.null_count else values.indices)
    return known.take(codes, mode="clip")


def _bits(values: pa.Array) -> Any:
    """Each value as 64 bits: itself, or for a text its length, its first and its last bytes."""
    kind = values.type
    if pa.types.is_string(kind):
        return _text_bits(values)
    if pa.types.is_boolean(kind):
        return raw(values.cast(pa.uint8())).astype(np.uint64)
    return raw(values).view(np.uint64)


def _text_bits(values: pa.Array) -> Any:
    """The first eight bytes and the length; of longer texts the last eight bytes, too."""
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    padded = np.zeros(last - first + _WORD, np.uint8)
    if last > first:
        padded[: last - first] = np.frombuffer(values.buffers()[2], np.uint8)[first:last]
    words = np.ndarray((last - first + 1,), "<u8", padded.data, strides=(1,))
    starts, lengths = offsets[:-1] - first, np.diff(offsets)
    bits = words[starts] & _KEEP[np.minimum(lengths, _WORD)]
    bits += lengths.astype(np.uint64) * _MULTIPLIER
    long = np.flatnonzero(lengths > _WORD)
    if len(long):
        bits[long] += words[starts[long] + lengths[long] - _WORD] * _MIX[0][1]
    return bits


def _constant(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "little") | 1


def _mixed(values: Any) -> Any:
    for shift, factor in _MIX:
        values = (values ^ (values >> np.uint64(shift))) * factor
    return values ^ (values >> np.uint64(33))
