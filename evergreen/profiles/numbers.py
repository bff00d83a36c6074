"""The summary of one chunk of a numeric column: sort it once, read everything off the sorted chunk."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.distinct import sketch
from evergreen.profiles.frequencies import KEPT, Frequencies, count_numbers
from evergreen.profiles.hashing import hash_numbers
from evergreen.profiles.moments import Moments
from evergreen.profiles.quantiles import Floats, runs, summarise
from evergreen.profiles.views import floats, numbers

_STRIDE = 16  # a value with 31 equal neighbours fills two places of the sorted chunk that are this far apart
_UNSEEN = 2 * _STRIDE - 2  # rows that a value may have without being noticed


class NumberChunk(NamedTuple):
    """A chunk's summary, its sorted finite values, and its values in row order (NaN where there is none)."""

    profile: ColumnProfile
    ascending: NDArray[Any]
    floats: Floats


def number_chunk(name: str, array: pa.Array) -> NumberChunk:
    """The summary of integers, floats or decimals (as the nearest doubles)."""
    rowwise = floats(array)
    if pa.types.is_integer(array.type):
        ascending = np.sort(numbers(array))
        low, high, nans = 0, len(ascending), 0
    else:
        ascending = rowwise + 0.0  # a copy, in which -0.0 has become 0.0
        ascending.sort()
        low, high = np.searchsorted(ascending, [-np.inf, np.inf], side="right")[0], len(ascending)
        high, end = (int(np.searchsorted(ascending, edge)) for edge in (np.inf, np.nan))
        low, nans = int(low), len(ascending) - end - array.null_count
    finite = ascending[low:high]
    counts = {"nulls": array.null_count, "nans": nans, "infinities": len(array) - array.null_count - nans - len(finite)}
    profile = ColumnProfile(name=name, kind="number", count=len(array), **counts, **_finite(finite))
    return NumberChunk(profile, finite, rowwise)


def _finite(ascending: NDArray[Any]) -> dict[str, Any]:
    if not len(ascending):
        return {}
    found = frequencies(ascending)
    few = found.known == len(ascending)
    return {
        "min": ascending[0].item(),
        "max": ascending[-1].item(),
        "moments": _moments(ascending),
        "frequencies": found,
        "sketch": sketch(hash_numbers(found.values if few else ascending)),
        "quantiles": summarise(ascending),
    }


def frequencies(ascending: NDArray[Any]) -> Frequencies:
    """Counts of a sorted chunk's values: all when they are few, else of those that fill two strided places."""
    distinct = int(np.count_nonzero(ascending[1:] != ascending[:-1])) + 1
    if distinct <= KEPT:
        return Frequencies(*runs(ascending))
    if distinct == len(ascending):
        return Frequencies(ascending[:0], np.empty(0, np.int64), 1)
    strided = ascending[::_STRIDE]
    values = runs(strided[1:][strided[1:] == strided[:-1]])[0]
    left, right = (np.searchsorted(ascending, values, side=side) for side in ("left", "right"))
    return count_numbers(values, (right - left).astype(np.int64), _UNSEEN)


def _moments(ascending: NDArray[Any]) -> Moments:
    with np.errstate(all="ignore"):
        mean = float(ascending.mean(dtype=np.float64))
        deviations = ascending - mean
        deviations *= deviations
        return Moments(len(ascending), mean, float(deviations.sum()))
