"""Mean and squared deviations, computed and merged without cancellation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from evergreen.profiles.quantiles import Floats, runs
from evergreen.profiles.scratch import scratch

_BLOCK = 131_072  # numbers of one step: fewer are in the cache, but threads wait for each other at every step
_SAMPLE = 256  # numbers, evenly over all, that choose the centre
_FEW, _NEAR = 8, 16  # of the sample; interquartile ranges
_DOT = 256  # numbers of one dot product: numpy lets other threads run while it computes 500 of them and more


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
    m2 = Σ (x - c)² - (Σ (x - c))² / n, block by block while they are in the processor's cache. c is a few standard
    deviations from the mean at most, so little cancels, and one of the numbers, so a constant has no variance. The
    mean is not finite where doubles do not reach, or not all numbers are; without `absent` the first such one ends it.
    """
    n = len(numbers) - (0 if absent is None else int(np.count_nonzero(absent)))
    if not n:
        return Moments(0, 0.0, 0.0), 0.0
    with np.errstate(all="ignore"):
        stride = -(-len(numbers) // _SAMPLE)
        sample = numbers[::stride]
        if absent is not None:
            kept = sample[~absent[::stride]]
            sample = kept if len(kept) else numbers[~absent][:1]
        if not np.isfinite(sample).all():
            return Moments(n, math.nan, math.nan), 0.0
        centre = _centre(sample)
        total, squares, work = 0.0, 0.0, scratch("moments", min(len(numbers), _BLOCK), np.float64)
        for start in range(0, len(numbers), _BLOCK):
            apart = np.subtract(numbers[start : start + _BLOCK], centre, out=work[: len(numbers) - start])
            if absent is not None:
                np.copyto(apart, 0.0, where=absent[start : start + _BLOCK])
            total, squares = total + float(np.add.reduce(apart)), squares + _squared(apart)
            if absent is None and not math.isfinite(total):
                return Moments(n, math.nan, math.nan), 0.0
            if line is not None:
                line[start : start + _BLOCK] = apart
        return Moments(n, centre + total / n, max(squares - total * total / n, 0.0)), centre


def _centre(sample: Floats) -> float:
    """The most frequent number where most are equal and the others few or near it, as for a flag; else the median of
    the others: a code such as -999 does not move it, however many rows have it.

    >>> _centre(np.array(9 * [-999.0] + [3.0, 5.0, 4.0, 3.0, 4.0, 5.0, 4.0, 4.0]))
    4.0
    >>> _centre(np.array(9 * [0.0] + [3.0, 5.0, 4.0, 3.0, 4.0, 5.0, 4.0, 4.0]))
    0.0
    """
    ascending = np.sort(sample)
    values, counts = runs(ascending)
    usual = values[counts.argmax()]
    others = ascending[ascending != usual]
    if not len(others):
        return float(usual)
    low, middle, high = others[len(others) * np.arange(1, 4) // 4]
    near = len(others) < _FEW or low == high or abs(usual - middle) <= _NEAR * (high - low)
    return float(usual if near and 2 * counts.max() > len(ascending) else middle)


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
    mean = _sum(part.mean * (part.n / n) for part in parts)
    between = (part.n * (part.mean - mean) ** 2 for part in parts)
    return Moments(n, mean, _sum(chain((part.m2 for part in parts), between)))


def _sum(terms: Iterable[float]) -> float:
    """The sum, rounded once; NaN where doubles do not reach it or one of the terms."""
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # fsum of +inf and -inf, or beyond doubles
        return math.nan


def _squared(numbers: Floats) -> float:
    """The sum of squares; not finite where doubles do not reach."""
    whole = len(numbers) // _DOT * _DOT
    blocks, last = numbers[:whole].reshape(-1, _DOT), numbers[whole:]
    return float(np.add.reduce(np.vecdot(blocks, blocks))) + float(last @ last)
