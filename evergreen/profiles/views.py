"""Arrow arrays as numpy arrays, without a copy where there is none to make, and without importing pandas."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.quantiles import Floats

_Array = TypeVar("_Array", pa.Array, pa.ChunkedArray)


def numbers(array: pa.Array) -> NDArray[Any]:
    """The values of an integer or floating array that are not null."""
    values = raw(array)
    return values[valid(array)] if array.null_count else values


def floats(array: pa.Array) -> Floats:
    """One double a row, NaN where there is none; decimals and large integers are rounded to the nearest."""
    values = raw(as_doubles(array) if pa.types.is_decimal(array.type) else array)
    if not array.null_count:
        return values.astype(np.float64, copy=False)
    copied: Floats = values.astype(np.float64, copy=True)
    copied[~valid(array)] = np.nan
    return copied


def as_doubles(array: _Array) -> _Array:
    """The nearest doubles of a numeric column; arrow's own cast of decimals makes 0.7000000000000001 of 0.7.

    >>> as_doubles(pa.array(["0.7"]).cast(pa.decimal128(3, 1))).to_pylist()
    [0.7]
    """
    return (array.cast(pa.large_string()) if pa.types.is_decimal(array.type) else array).cast(pa.float64())


def in_microseconds(array: pa.Array) -> pa.Array:
    """Times and dates as whole microseconds since 1970 in their zone; ArrowInvalid where these do not reach."""
    unit, zone = getattr(array.type, "unit", "s"), getattr(array.type, "tz", None)
    return array.cast(pa.timestamp("us", zone), safe=unit != "ns")  # nanoseconds are cut off


def valid(array: pa.Array) -> NDArray[np.bool_]:
    """Which rows hold a value."""
    bits = array.buffers()[0]
    if bits is None:
        return np.ones(len(array), dtype=bool)
    used = np.frombuffer(bits, np.uint8)[array.offset // 8 :]
    start = array.offset % 8
    return np.unpackbits(used, count=start + len(array), bitorder="little")[start:].astype(bool)


def raw(array: pa.Array) -> NDArray[Any]:
    """The values' buffer: whatever it holds where a value is null."""
    kind = _numpy_type(array.type)
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(len(array), kind)
    return np.frombuffer(buffer, kind, len(array), array.offset * kind.itemsize)


@lru_cache(maxsize=256)
def _numpy_type(stored: pa.DataType) -> np.dtype[Any]:
    """Arrow's own `to_pandas_dtype` imports pandas."""
    is_ = pa.types
    letter = "f" if is_.is_floating(stored) else "u" if is_.is_unsigned_integer(stored) else "i"
    return np.dtype(f"{letter}{stored.bit_width // 8}")
