"""Mean and squared deviations, computed and merged without cancellation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 8_192  # numbers of one dot product: short enough for BLAS to stay in the calling thread
_CANCELLED = 128  # times m2 that Σ x² may be: seven of a double's 53 bits are lost


@dataclass(frozen=True)
class Moments:
    """`n` numbers with their `mean` and `m2`, the sum of squared deviations from it."""

    n: int
    mean: float
    m2: float

    @property
    def variance(self) -> float:
        """The population variance."""
        return self.m2 / self.n


def moments_of(numbers: NDArray[Any]) -> Moments:
    """One pass, or a second one over the deviations where Σ x² − n mean² cancels.

    The mean is not finite where not all numbers are, or doubles do not reach.
    """
    doubles, n = numbers.astype(np.float64, copy=False), len(numbers)
    with np.errstate(all="ignore"):
        mean = float(np.add.reduce(doubles)) / max(n, 1)
        if not math.isfinite(mean):
            return Moments(n, mean, math.nan)
        squares = _squared(doubles)
        m2 = squares - n * mean * mean
        return Moments(n, mean, m2 if squares <= _CANCELLED * m2 else _squared(doubles - mean))


def merge_moments(parts: Sequence[Moments]) -> Moments:
    """The moments of all parts' numbers together; not finite where doubles do not reach.

    m2 = Σ m2ᵢ + Σ nᵢ (meanᵢ − mean)², the update of Chan, Golub and LeVeque (1983) for many parts at once. The sums are
    rounded once (`math.fsum`), so the order of the parts does not matter.

    >>> merge_moments([Moments(2, 1.0, 2.0), Moments(1, 4.0, 0.0)])
    Moments(n=3, mean=2.0, m2=8.0)
    """
    if len(parts) == 1:
        return parts[0]
    n = sum(part.n for part in parts)
    try:
        mean = math.fsum(part.mean * (part.n / n) for part in parts)
        between = (part.n * (part.mean - mean) ** 2 for part in parts)
        return Moments(n, mean, math.fsum((*(part.m2 for part in parts), *between)))
    except (OverflowError, ValueError):  # fsum of +inf and -inf, or beyond doubles
        return Moments(n, math.nan, math.nan)


def _squared(numbers: NDArray[np.float64]) -> float:
    """The sum of squares; not finite where doubles do not reach."""
    whole = len(numbers) // _BLOCK * _BLOCK
    blocks, last = numbers[:whole].reshape(-1, _BLOCK), numbers[whole:]
    return float(np.add.reduce(np.vecdot(blocks, blocks))) + float(last @ last)
