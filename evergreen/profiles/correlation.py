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

from evergreen.profiles.quantiles import Floats

CORRELATED = 256  # columns at most: the first numeric ones; the matrix grows with the square
_BLOCK = 1 << 14  # rows multiplied at once


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


@dataclass(frozen=True, eq=False)
class Correlation:
    """`matrix[i, j]` is Pearson's r of `names[i]` and `names[j]`."""

    names: tuple[str, ...]
    matrix: Floats

    def between(self, a: str, b: str) -> float:
        """The correlation of two columns."""
        return float(self.matrix[self.names.index(a), self.names.index(b)])


def co_moments(names: Sequence[str], columns: Sequence[Floats], centers: Sequence[float]) -> CoMoments:
    """The co-moments of columns of equal length, not finite where a value is missing.

    `centers`: any number near each column's mean; it keeps the products from cancelling.
    """
    p, rows = len(names), len(columns[0]) if columns else 0
    gaps = np.array([not np.isfinite(column).all() for column in columns], dtype=bool)
    zeros = [np.zeros((p, p)) for _ in range(4)]
    n, total, squares, products = zeros
    with np.errstate(all="ignore"):
        for start in range(0, rows, _BLOCK):
            block = _centered(columns, centers, start, gaps)
            _add(block, gaps, n, total, squares, products)
        shift = np.array(centers, dtype=np.float64)[:, None]
        count = np.maximum(n, 1)
        return CoMoments(
            tuple(names),
            n,
            np.where(n > 0, shift + total / count, 0.0),
            np.maximum(squares - total * total / count, 0.0),
            products - total * total.T / count,
        )


def merge_co_moments(parts: Sequence[CoMoments], names: Sequence[str]) -> CoMoments:
    """The co-moments of all parts' rows together, in the order given; columns that a part has not add nothing."""
    if len(parts) == 1 and parts[0].names == tuple(names):
        return parts[0]
    merged = CoMoments(tuple(names), *(np.zeros((len(names), len(names))) for _ in range(4)))
    for part in parts:
        merged = _merged(merged, _aligned(part, names))
    return merged


def _centered(columns: Sequence[Floats], centers: Sequence[float], start: int, gaps: NDArray[np.bool_]) -> Floats:
    block = np.empty((len(columns), min(_BLOCK, len(columns[0]) - start)))
    for row, (column, center) in enumerate(zip(columns, centers, strict=True)):
        np.subtract(column[start : start + _BLOCK], center, out=block[row])
        if gaps[row]:
            block[row][~np.isfinite(block[row])] = np.nan
    return block


def _add(block: Floats, gaps: NDArray[np.bool_], n: Floats, total: Floats, squares: Floats, products: Floats) -> None:
    """Sums over common rows: a column without gaps asks for all rows, the others for theirs."""
    present = ~np.isnan(block[gaps])
    mask = present.astype(np.float64)
    block[gaps] = np.where(present, block[gaps], 0.0)
    products += block @ block.T
    square = block * block
    total += np.where(gaps, 0.0, block.sum(axis=1)[:, None])
    squares += np.where(gaps, 0.0, square.sum(axis=1)[:, None])
    rows = np.full(len(block), float(block.shape[1]))
    rows[gaps] = mask.sum(axis=1)
    n += np.minimum(rows[:, None], rows)
    if gaps.any():
        total[:, gaps] += block @ mask.T
        squares[:, gaps] += square @ mask.T
        both = np.ix_(gaps, gaps)
        n[both] += mask @ mask.T - np.minimum(rows[gaps][:, None], rows[gaps])


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
