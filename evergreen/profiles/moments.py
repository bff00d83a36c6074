"""Mean and squared deviations, computed and merged without cancellation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evergreen.profiles.quantiles import Floats

_BLOCK = 65_536  # numbers that stay in the processor's own cache
_DOT = 8_192  # numbers of one dot product: short enough for BLAS to stay in the calling thread
_ROUNDING = 2.0**-51  # two units in the last place


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


def moments_of(
    numbers: Floats, absent: NDArray[np.bool_] | None = None, line: NDArray[np.float32] | None = None
) -> tuple[Moments, float]:
    """The moments of what is not `absent`, and the centre c that they were computed from.

    `line` takes each x - c, and 0 for what is absent.
    m2 = Σ (x - c)² - (Σ (x - c))² / n with the mean of the first numbers for c, block by block while they are in the
    processor's cache. c is within √(n / block) standard deviations of the mean, so little cancels. What differs by
    its own rounding only is constant. The mean is not finite where not all numbers are, or doubles do not reach.
    """
    n = len(numbers) - (0 if absent is None else int(np.count_nonzero(absent)))
    if not n:
        return Moments(0, 0.0, 0.0), 0.0
    with np.errstate(all="ignore"):
        first = numbers[:_BLOCK] if absent is None else numbers[:_BLOCK][~absent[:_BLOCK]]
        first = first if len(first) or absent is None else numbers[~absent][:_BLOCK]
        centre = float(np.add.reduce(first)) / len(first)
        if not math.isfinite(centre):
            return Moments(n, centre, math.nan), centre
        total, squares, work = 0.0, 0.0, np.empty(min(len(numbers), _BLOCK))
        for start in range(0, len(numbers), _BLOCK):
            apart = np.subtract(numbers[start : start + _BLOCK], centre, out=work[: len(numbers) - start])
            if absent is not None:
                np.copyto(apart, 0.0, where=absent[start : start + _BLOCK])
            total, squares = total + float(np.add.reduce(apart)), squares + _squared(apart)
            if line is not None:
                line[start : start + _BLOCK] = apart
        if math.sqrt(squares / n) <= _ROUNDING * abs(centre):
            return Moments(n, float(first[0]), 0.0), centre
        return Moments(n, centre + total / n, max(squares - total * total / n, 0.0)), centre


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


def _squared(numbers: Floats) -> float:
    """The sum of squares; not finite where doubles do not reach."""
    whole = len(numbers) // _DOT * _DOT
    blocks, last = numbers[:whole].reshape(-1, _DOT), numbers[whole:]
    return float(np.add.reduce(np.vecdot(blocks, blocks))) + float(last @ last)
