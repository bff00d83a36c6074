"""Doubles sorted as singles, in two thirds of the time, where so few of them fall together that no rank suffers.

Rounding keeps the order of numbers, so it moves the rank of x only by those that it moves past x. Let a and b be the
singles next to x, a ≤ x < b. Whatever passes x is rounded to a from above x, or to b from below it, and not both: the
middle between a and b is on one side of x. So the ranks of the rounded numbers are wrong by at most as many as are
rounded to one single.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evergreen.profiles.quantiles import Floats, firsts
from evergreen.profiles.scratch import scratch

TOGETHER = 8  # numbers that are rounded to one single, at most
_FROM = 65_536  # numbers: of fewer the rank error would be a large share
_SAMPLE = 1_024  # numbers, evenly over all
_ALIKE = 4  # of these that may be equal to another: of columns with common values there are more

Singles = NDArray[np.float32]


def ascending_singles(numbers: Floats) -> Singles | None:
    """All but the NaN among the numbers, ascending; None where more than `TOGETHER` would be one single, or infinite.

    They are the thread's until it asks for others.

    >>> ascending_singles(np.arange(65_536) / 7)[:3].tolist()
    [0.0, 0.1428571492433548, 0.2857142984867096]
    >>> ascending_singles(np.arange(65_536) // 9 / 7) is None
    True
    """
    if len(numbers) < _FROM:
        return None
    with np.errstate(over="ignore", under="ignore"):
        sample = np.sort(numbers[:: -(-len(numbers) // _SAMPLE)].astype(np.float32))
        if np.count_nonzero(firsts(sample)) < len(sample) - _ALIKE:
            return None
        singles = scratch("singles", len(numbers), np.float32)
        np.copyto(singles, numbers, casting="same_kind")
    singles.sort()
    singles = singles[: singles.searchsorted(np.float32(np.nan))]
    if not len(singles) or not (np.isfinite(singles[0]) and np.isfinite(singles[-1])):
        return None
    return None if (singles[TOGETHER:] == singles[:-TOGETHER]).any() else singles
