"""Numbers of single precision beside doubles: 0.7 is 0.699999988 in one of them, and has not moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evergreen.drift.psi import Floats

_SMALLEST = float(np.finfo(np.float32).smallest_normal)


def is_single(values: ArrayLike) -> bool:
    """Whether fractions are among the values, and all of them are numbers of single precision.

    >>> is_single(np.array([0.1, 0.7], np.float32)), is_single([0.1, 0.7]), is_single([1.0, 2.0])
    (True, False, False)
    """
    numbers = np.asarray(values, dtype=float)
    return bool((single(numbers) == numbers).all() and (numbers != np.floor(numbers)).any())


def single(values: ArrayLike) -> Floats:
    """Return the nearest numbers of single precision; those too large or too small for it stay as they are.

    >>> single([0.1, 1e300, 1e-60]).tolist()
    [0.10000000149011612, 1e+300, 1e-60]
    """
    numbers = np.asarray(values, dtype=float)
    with np.errstate(over="ignore", under="ignore"):
        nearest = numbers.astype(np.float32).astype(float)
    return np.where(np.isfinite(nearest) & (np.abs(nearest) >= _SMALLEST), nearest, numbers)
