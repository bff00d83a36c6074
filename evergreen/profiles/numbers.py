"""The summary of one chunk of a numeric column: sort it once, read off the sorted chunk what can be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.distinct import sketch
from evergreen.profiles.frequencies import KEPT, Frequencies, count_numbers
from evergreen.profiles.hashing import small_hashes
from evergreen.profiles.moments import moments_of
from evergreen.profiles.quantiles import Floats, evenly, firsts, runs, summarise
from evergreen.profiles.singles import TOGETHER, Singles, ascending_singles
from evergreen.profiles.standardised import StandardisedColumns
from evergreen.profiles.views import floats, numbers

_SORTED = 4  # bytes of the numbers of which numpy sorts several at once, at least
_STRIDE = 16  # a value with 31 equal neighbours fills two places of the sorted chunk that are this far apart
_UNSEEN = 2 * _STRIDE - 2  # rows that a value may have without being noticed


def number_chunk(
    name: str,
    array: pa.Array,
    together: StandardisedColumns | None = None,
    *,
    distinct: bool = True,
    owned: bool = False,
) -> ColumnProfile:
    """The summary of integers, floats or decimals (as the nearest doubles).

    `together` takes the column for the co-moments. Without `distinct`, how many values are distinct is not estimated,
    but for integers, which may be ids.
    An array that is `owned` is sorted where it lies.
    """
    rowwise, nulls, integers = floats(array), array.null_count, pa.types.is_integer(array.type)
    line, absent = together.line(name) if together else None, None
    moments, centre = moments_of(rowwise, None, line)
    if not math.isfinite(moments.mean):
        absent = ~np.isfinite(rowwise)
        moments, centre = moments_of(rowwise, absent, line)
    if together is not None:
        together.add(name, rowwise, moments, centre, absent)
    singles = None if integers else ascending_singles(rowwise)
    finite: NDArray[Any]
    if singles is not None:
        finite, nans = singles, len(rowwise) - len(singles)
        figures = _of_singles(singles, rowwise, absent, distinct)
    else:
        values = numbers(array) if integers else rowwise
        ascending = _ascending(values, values.flags.owndata or (owned and values.flags.writeable))
        finite, nans = (ascending, nulls) if integers else _between_infinities(ascending)  # a null is NaN, too
        figures = _figures(finite, distinct or integers) if len(finite) else {}
    if figures:
        figures["moments"] = moments
    counts = {"nulls": nulls, "nans": nans - nulls, "infinities": len(rowwise) - nans - len(finite)}
    return ColumnProfile(name=name, kind="number", count=len(array), **counts, **figures)


def _ascending(values: NDArray[Any], owned: bool) -> NDArray[Any]:
    """The values in order, where they lie if they are owned; numpy takes eight times as long on one or two bytes."""
    if values.itemsize < _SORTED:
        return np.sort(values.astype(np.int32)).astype(values.dtype)
    ascending = values if owned else values.copy()
    ascending.sort()
    return ascending


def _between_infinities(ascending: Floats) -> tuple[Floats, int]:
    """The finite values, with 0.0 for -0.0, and how many NaN follow them."""
    low, end, high = 0, len(ascending), len(ascending)
    if end and not (math.isfinite(ascending[0]) and math.isfinite(ascending[-1])):
        low = int(ascending.searchsorted(-np.inf, "right"))
        high, end = (int(at) for at in ascending.searchsorted([np.inf, np.nan]))
    finite = ascending[low:high]
    if len(finite) and finite[0] <= 0.0 <= finite[-1]:
        finite[finite.searchsorted(0.0) : finite.searchsorted(0.0, "right")] = 0.0
    return finite, len(ascending) - end


def _of_singles(singles: Singles, rowwise: Floats, absent: NDArray[np.bool_] | None, sketched: bool) -> dict[str, Any]:
    """Of numbers that singles put in order: none of them is more frequent than any single is."""
    zero = singles.searchsorted(np.float32(0.0))
    if zero < len(singles) and not singles[zero]:
        rowwise = rowwise + 0.0  # -0.0 is 0.0
    return {
        "min": float(np.fmin.reduce(rowwise)),
        "max": float(np.fmax.reduce(rowwise)),
        "frequencies": Frequencies(np.empty(0), np.empty(0, np.int64), TOGETHER),
        "sketch": sketch(small_hashes(rowwise, absent)) if sketched else None,
        "quantiles": evenly(singles, error=TOGETHER),
    }


def _figures(ascending: NDArray[Any], sketched: bool) -> dict[str, Any]:
    first = firsts(ascending)
    distinct = int(np.count_nonzero(first))
    if 2 * distinct <= len(ascending):
        values, counts = runs(ascending, first)
        found, quantiles = count_numbers(values, counts), summarise(ascending, values, counts)
    else:
        values, found, quantiles = ascending, _frequent(ascending, distinct), evenly(ascending)
    return {
        "min": ascending[0].item(),
        "max": ascending[-1].item(),
        "frequencies": found,
        "sketch": sketch(small_hashes(values)) if sketched else None,
        "quantiles": quantiles,
    }


def _frequent(ascending: NDArray[Any], distinct: int) -> Frequencies:
    """Of a chunk whose values are mostly different, those that fill two strided places are counted."""
    if distinct <= KEPT:
        return Frequencies(*runs(ascending))
    if distinct == len(ascending):
        return Frequencies(ascending[:0].copy(), np.empty(0, np.int64), 1)
    strided = ascending[::_STRIDE]
    values = runs(strided[1:][strided[1:] == strided[:-1]])[0]
    left, right = (np.searchsorted(ascending, values, side=side) for side in ("left", "right"))
    return count_numbers(values, (right - left).astype(np.int64), _UNSEEN)
