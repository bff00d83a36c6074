"""One column of one stretch of rows, as the rules look at it; what several of them need is computed once."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.profiles.chunks import kind_of
from evergreen.profiles.column import Kind
from evergreen.profiles.views import as_doubles, in_microseconds, raw, valid

Rows = NDArray[np.bool_]


class Values:
    """The rows of a column. A value that is null, NaN or infinite is missing, as in a profile."""

    def __init__(self, array: pa.Array) -> None:
        text = pa.types.is_dictionary(array.type) and kind_of(array.type) == "text"
        decode = pa.types.is_dictionary(array.type) and (not text or array.dictionary.null_count)
        array = array.dictionary_decode() if decode else array
        self.array = array.cast(pa.string()) if pa.types.is_string_view(array.type) else array

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.array)

    @cached_property
    def kind(self) -> Kind:
        """What the column holds."""
        return kind_of(self.array.type) or "null"

    @cached_property
    def elements(self) -> int:
        """The rows with a usable value."""
        return self.rows if self.present is None else int(np.count_nonzero(self.present))

    @cached_property
    def present(self) -> Rows | None:
        """Which rows have a usable value; None when all have."""
        if self.kind == "null":
            return np.zeros(self.rows, dtype=bool)
        known = valid(self.array) if self.array.null_count else None
        if self.kind != "number" or not pa.types.is_floating(self.array.type):
            return known
        numbers = self.numbers if known is None else self.numbers[known]
        if not len(numbers) or (np.isfinite(numbers.min()) and np.isfinite(numbers.max())):
            return known
        finite: Rows = np.isfinite(self.numbers)
        return finite if known is None else finite & known

    @cached_property
    def numbers(self) -> NDArray[Any]:
        """Integers, doubles, or times in microseconds since 1970, row by row; anything where a row is missing."""
        array = self.array
        if self.kind == "timestamp":
            array = in_microseconds(array).view(pa.int64())
        elif pa.types.is_decimal(array.type) or pa.types.is_floating(array.type):
            array = as_doubles(array)
        return raw(array)

    @cached_property
    def range(self) -> tuple[Any, Any] | None:
        """The smallest and the largest usable number or time."""
        used = self.numbers if self.present is None else self.numbers[self.present]
        return (used.min(), used.max()) if len(used) else None

    @cached_property
    def texts(self) -> pa.Array:
        """The texts, without repetitions where the array is a dictionary."""
        return self.array.dictionary if pa.types.is_dictionary(self.array.type) else self.array

    def where(self, among_texts: Rows) -> Rows | None:
        """The rows whose text is one of those; None when there is none."""
        if not among_texts.any():
            return None
        found = among_texts
        if pa.types.is_dictionary(self.array.type):
            codes = raw(self.array.indices)
            found = among_texts[np.where(self.present, codes, 0) if self.present is not None else codes]
        found = found if self.present is None else found & self.present
        return found if found.any() else None

    @cached_property
    def plain(self) -> pa.Array:
        """The column for `pyarrow.compute`: no dictionary, and null where a value is missing."""
        array = self.array.dictionary_decode() if pa.types.is_dictionary(self.array.type) else self.array
        if self.kind == "number" and (pa.types.is_floating(array.type) or pa.types.is_decimal(array.type)):
            array = as_doubles(array)
            if self.elements < self.rows - array.null_count:
                return pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64()))
        if self.kind == "timestamp":
            return utc(array)
        return array

    def at(self, row: int) -> Any:
        """One row's value, for a sample; of a time that Python's years do not reach, numpy's."""
        if self.kind != "timestamp":
            return self.array[row].as_py()
        time = utc(self.array.slice(row, 1))[0]
        try:
            return time.as_py()
        except OverflowError:
            return np.datetime64(time.value, "us")


def utc(array: pa.Array) -> pa.Array:
    """Times in UTC and microseconds; those without a zone are UTC."""
    return in_microseconds(array).cast(pa.timestamp("us", "UTC"))


def booleans(array: pa.Array | pa.BooleanScalar, rows: int) -> Rows:
    """A boolean array as numpy, false where it is null."""
    if isinstance(array, pa.Scalar):
        return np.full(rows, bool(array.as_py()))
    filled = pc.fill_null(array, False) if array.null_count else array
    bits = np.frombuffer(filled.buffers()[1], np.uint8) if len(filled) else np.empty(0, np.uint8)
    start = filled.offset
    return np.unpackbits(bits, count=start + len(filled), bitorder="little")[start:].astype(bool)


def whole_numbers(wanted: Iterable[Any], stored: pa.DataType) -> pa.Array:
    """Those of some numbers that a column of integers of this type can hold."""
    low, high = (0, 2**stored.bit_width - 1) if pa.types.is_unsigned_integer(stored) else _signed(stored.bit_width)
    found = {int(each) for each in wanted if low <= each <= high and each == int(each)}
    return pa.array(sorted(found), stored)


def doubles(wanted: Iterable[Any]) -> list[float]:
    """Those of some numbers that a column of doubles can hold, as the nearest; -0.0 is 0.0."""
    return [float(each) + 0.0 for each in wanted if abs(each) <= sys.float_info.max]


def _signed(bits: int) -> tuple[int, int]:
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
