"""A hash for each row of a table, from the row and those before it: where the content itself says to cut.

Row i has h(i) = Σ over columns of c(column) · bits(value) in 64-bit arithmetic, c odd and made of the column's name.
What is compared is the hash of the last 32 rows, Σ over j < 32 of h(i − j) · M^j, mixed by MurmurHash3's finalizer:
equal runs of rows have equal hashes wherever they stand, and columns of few values still tell positions apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.profiles.views import raw

WINDOW = 32  # a power of two: the window's sum is built by doubling
_BLOCK = 1 << 14  # rows: their sums stay in the processor's cache
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
        found = np.empty(table.num_rows, np.uint64)
        for start in range(0, table.num_rows, _BLOCK):
            found[start : start + _BLOCK] = _windowed(rows[start : start + _BLOCK + WINDOW - 1])
        return found


def _windowed(rows: Any) -> Any:
    total, power, width = rows, int(_MULTIPLIER), 1
    while width < WINDOW:
        more = total[:-width] * np.uint64(power)
        more += total[width:]
        total, power, width = more, power * power % 2**64, width * 2
    return _mixed(total)


def _row_hashes(table: pa.Table) -> Any:
    total, done = np.zeros(table.num_rows, np.uint64), 0
    for batch in table.to_batches():
        found = (_term(values, _constant(name)) for name, values in zip(batch.schema.names, batch.columns, strict=True))
        terms = [term for term in found if term is not None]
        for start in range(0, batch.num_rows, _BLOCK):
            rows = slice(start, min(start + _BLOCK, batch.num_rows))
            _add(total[done + rows.start : done + rows.stop], terms, rows)
        done += batch.num_rows
    return total


def _add(total: Any, terms: Sequence[tuple[Any, Any]], rows: slice) -> None:
    """What some rows of each term come to, added to their total."""
    found = np.empty_like(total)
    for factors, values in terms:
        if np.ndim(factors):
            factors.take(values[rows], out=found, mode="clip")
        else:
            np.multiply(values[rows], factors, out=found)
        total += found


def _term(values: pa.Array, constant: np.uint64) -> tuple[Any, Any] | None:
    """A column's bits and their factor, or its codes and what each comes to; None where it adds nothing."""
    if pa.types.is_null(values.type):
        return None
    if pa.types.is_dictionary(values.type):
        known = np.append(_text_bits(values.dictionary), np.uint64(_NULL)) * constant
        none = len(values.dictionary)
        return known, raw(pc.fill_null(values.indices, none) if values.null_count else values.indices)
    if not values.null_count:
        return constant, _bits(values)
    missing = raw(pc.is_null(values).cast(pa.uint8()))
    values = pc.fill_null(values, "" if pa.types.is_string(values.type) else pa.scalar(0).cast(values.type))
    return constant, _bits(values) + missing * np.uint64(_NULL)


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


def _constant(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(sha256(name.encode()).digest()[:8], "little") | 1)


def _mixed(values: Any) -> Any:
    for shift, factor in _MIX:
        values = values ^ (values >> np.uint64(shift))
        values *= factor
    return values ^ (values >> np.uint64(33))
