"""Correlations of numeric columns over the rows where both have a value, from mergeable co-moments.

For columns i and j, over their n[i, j] common rows: mean[i, j] and m2[i, j] are the mean of i and its squared
deviations, c[i, j] = Σ (xᵢ − mean[i, j]) (xⱼ − mean[j, i]). Then r = c[i, j] / √(m2[i, j] m2[j, i]). Parts merge by
the update of Chan, Golub and LeVeque (1983), extended to pairs by Bennett et al., Numerically stable, single-pass,
parallel statistics algorithms (2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evergreen.profiles.moments import Moments
from evergreen.profiles.quantiles import Floats

CORRELATED = 256  # columns at most: the first numeric ones; the matrix grows with the square
_BLOCK = 1 << 13  # rows that are centred at once; they stay in the cache
_STRIP = 512  # rows multiplied at once


@dataclass(frozen=True, eq=False)
class CoMoments:
    """The co-moments of `names`; each array has shape (columns, columns)."""

    names: tuple[str, ...]
    n: Floats
    mean: Floats
    m2: Floats
    c: Floats

    @cached_property
    def correlation(self) -> Floats:
        """r in [-1, 1]; NaN for a constant column and where fewer than two rows have both values."""
        with np.errstate(all="ignore"):
            r = self.c / (np.sqrt(self.m2) * np.sqrt(self.m2.T))
        usable = (self.n > 1) & (self.m2 > 0) & (self.m2.T > 0)
        return np.where(usable, np.clip(r, -1.0, 1.0), np.nan)

    def moments(self, at: int) -> Moments:
        """The moments of one column alone."""
        return Moments(int(self.n[at, at]), float(self.mean[at, at]), float(self.m2[at, at]))


@dataclass(frozen=True, eq=False)
class Correlation:
    """`matrix[i, j]` is Pearson's r of `names[i]` and `names[j]`."""

    names: tuple[str, ...]
    matrix: Floats

    def between(self, a: str, b: str) -> float:
        """The correlation of two columns."""
        return float(self.matrix[self.names.index(a), self.names.index(b)])


def co_moments(
    names: Sequence[str], columns: Sequence[Floats], centers: Sequence[float], gaps: Sequence[bool]
) -> CoMoments:
    """The co-moments of columns of equal length, not finite where a value is missing; `gaps` says in which.

    `centers`: any number near each column's mean; it keeps the products from cancelling.
    """
    sums = _Sums(np.array(gaps, dtype=bool))
    with np.errstate(all="ignore"):
        for start in range(0, len(columns[0]), _BLOCK):
            sums.add([column[start : start + _BLOCK] for column in columns], centers)
        return sums.moments(names, np.array(centers, dtype=np.float64))


def merge_co_moments(parts: Sequence[CoMoments], names: Sequence[str]) -> CoMoments:
    """The co-moments of all parts' rows together, in the order given; columns that a part has not add nothing."""
    if len(parts) == 1 and parts[0].names == tuple(names):
        return parts[0]
    merged = CoMoments(tuple(names), *(np.zeros((len(names), len(names))) for _ in range(4)))
    for part in parts:
        merged = _merged(merged, _aligned(part, names))
    return merged


class _Sums:
    """Over the rows that columns i and j have in common: how many, Σ xᵢ, Σ xᵢ² and Σ xᵢ xⱼ.

    The lines of `_block` are the centred columns, zero where a value is missing; below them a mask of ones for each
    column with gaps, and a line of ones. One product of the block with itself gives every sum but that of squares.
    """

    def __init__(self, gaps: NDArray[np.bool_]) -> None:
        self._gaps = np.flatnonzero(gaps)
        self._p = len(gaps)
        lines = self._p + len(self._gaps) + 1
        self._block = np.zeros((lines, _BLOCK))
        self._block[-1] = 1.0
        self._squares = np.empty((self._p, _BLOCK))
        self._missing = np.empty(_BLOCK, dtype=bool)
        self._products = np.zeros((lines, lines))
        self._masked_squares = np.zeros((self._p, len(self._gaps)))

    def add(self, columns: Sequence[Floats], centers: Sequence[float]) -> None:
        """Add a block's rows; only the last block may be shorter than the others."""
        rows = len(columns[0])
        self._block[:, rows:] = 0.0
        for line, column, center in zip(self._block, columns, centers, strict=False):
            np.subtract(column, center, out=line[:rows])
        missing = self._missing[:rows]
        for mask, at in zip(self._block[self._p : -1], self._gaps.tolist(), strict=True):
            np.logical_not(np.isfinite(columns[at], out=missing), out=missing)
            mask[:rows] = 1.0
            mask[:rows][missing] = 0.0
            self._block[at, :rows][missing] = 0.0
        self._products += _product(self._block, self._block)
        if len(self._gaps):
            values = self._block[: self._p]
            np.multiply(values, values, out=self._squares)
            self._masked_squares += _product(self._squares, self._block[self._p : -1])

    def moments(self, names: Sequence[str], centers: Floats) -> CoMoments:
        """The co-moments of all rows added."""
        p, gaps, shape = self._p, self._gaps, (self._p, self._p)
        totals = self._products[-1]
        present = np.full(p, totals[-1])
        present[gaps] = totals[p:-1]
        n = np.minimum(present[:, None], present)
        n[np.ix_(gaps, gaps)] = self._products[p:-1, p:-1]
        total = np.broadcast_to(totals[:p, None], shape).copy()
        total[:, gaps] = self._products[:p, p:-1]
        squares = np.broadcast_to(self._products.diagonal()[:p, None], shape).copy()
        squares[:, gaps] = self._masked_squares
        count = np.maximum(n, 1)
        mean = np.where(n > 0, centers[:, None] + total / count, 0.0)
        m2 = np.maximum(squares - total * total / count, 0.0)
        return CoMoments(tuple(names), n, mean, m2, self._products[:p, :p] - total * total.T / count)


def _product(a: Floats, b: Floats) -> Floats:
    """a bᵀ, strip by strip: small enough for BLAS to stay in the calling thread, which is one of several."""
    left = a.reshape(len(a), -1, _STRIP).transpose(1, 0, 2)
    right = b.reshape(len(b), -1, _STRIP).transpose(1, 2, 0)
    found: Floats = np.matmul(left, right).sum(axis=0)
    return found


def _aligned(part: CoMoments, names: Sequence[str]) -> CoMoments:
    if part.names == tuple(names):
        return part
    kept = [at for at, name in enumerate(part.names) if name in set(names)]
    place = [list(names).index(part.names[at]) for at in kept]
    arrays = []
    for source in (part.n, part.mean, part.m2, part.c):
        target = np.zeros((len(names), len(names)))
        target[np.ix_(place, place)] = source[np.ix_(kept, kept)]
        arrays.append(target)
    return CoMoments(tuple(names), *arrays)


def _merged(a: CoMoments, b: CoMoments) -> CoMoments:
    with np.errstate(all="ignore"):
        n = a.n + b.n
        share = b.n / np.maximum(n, 1)
        delta = np.where((a.n > 0) & (b.n > 0), b.mean - a.mean, 0.0)
        mean = np.where(a.n > 0, a.mean + delta * share, b.mean)
        weight = a.n * share
        m2 = a.m2 + b.m2 + delta * delta * weight
        return CoMoments(a.names, n, mean, m2, a.c + b.c + delta * delta.T * weight)
