"""The summary of one chunk of a numeric column: sort it once, read everything off the sorted chunk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.distinct import sketch
from evergreen.profiles.frequencies import KEPT, Frequencies, count_numbers
from evergreen.profiles.hashing import small_hashes
from evergreen.profiles.moments import moments_of
from evergreen.profiles.quantiles import Floats, evenly, runs, summarise
from evergreen.profiles.views import floats, numbers

_STRIDE = 16  # a value with 31 equal neighbours fills two places of the sorted chunk that are this far apart
_UNSEEN = 2 * _STRIDE - 2  # rows that a value may have without being noticed


class NumberChunk(NamedTuple):
    """A chunk's summary, and its values in row order (NaN for none)."""

    profile: ColumnProfile
    floats: Floats


def number_chunk(name: str, array: pa.Array, work: Floats | None = None, *, sketched: bool = True) -> NumberChunk:
    """The summary of integers, floats or decimals (as the nearest doubles).

    `work` is memory for as many rows. Without `sketched` the number of distinct values is not estimated.
    """
    work = np.empty(len(array)) if work is None else work
    rowwise = floats(array)
    if pa.types.is_integer(array.type):
        finite, nans = np.sort(numbers(array)), 0
    else:
        ascending = np.add(rowwise, 0.0, out=work[: len(array)])  # -0.0 + 0.0 is 0.0
        ascending.sort()
        finite, nans = _between_infinities(ascending)
    present = len(array) - array.null_count
    nans -= 0 if pa.types.is_integer(array.type) else array.null_count
    counts = {"nulls": array.null_count, "nans": nans, "infinities": present - nans - len(finite)}
    figures = _figures(finite, sketched) if len(finite) else {}
    return NumberChunk(ColumnProfile(name=name, kind="number", count=len(array), **counts, **figures), rowwise)


def _between_infinities(ascending: Floats) -> tuple[Floats, int]:
    """The finite values, and how many NaN follow them."""
    if not len(ascending) or (np.isfinite(ascending[0]) and np.isfinite(ascending[-1])):
        return ascending, 0
    low = int(np.searchsorted(ascending, -np.inf, side="right"))
    high, end = (int(at) for at in np.searchsorted(ascending, [np.inf, np.nan]))
    return ascending[low:high], len(ascending) - end


def _figures(ascending: NDArray[Any], sketched: bool) -> dict[str, Any]:
    distinct = 1 + int(np.count_nonzero(ascending[1:] != ascending[:-1]))
    if 2 * distinct <= len(ascending):
        values, counts = runs(ascending)
        found, quantiles = count_numbers(values, counts), summarise(ascending, values, counts)
    else:
        values, found, quantiles = ascending, _frequent(ascending, distinct), evenly(ascending)
    return {
        "min": ascending[0].item(),
        "max": ascending[-1].item(),
        "moments": moments_of(ascending),
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
