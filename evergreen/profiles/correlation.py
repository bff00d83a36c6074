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

from evergreen.profiles.quantiles import Floats

CORRELATED = 256  # columns at most: the first numeric ones; the matrix grows with the square


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
        r = np.where(np.eye(len(r), dtype=bool), 1.0, np.clip(r, -1.0, 1.0))
        return np.where(usable, r, np.nan)


@dataclass(frozen=True, eq=False)
class Correlation:
    """`matrix[i, j]` is Pearson's r of `names[i]` and `names[j]`."""

    names: tuple[str, ...]
    matrix: Floats

    def between(self, a: str, b: str) -> float:
        """The correlation of two columns."""
        return float(self.matrix[self.names.index(a), self.names.index(b)])


def merge_co_moments(parts: Sequence[CoMoments], names: Sequence[str]) -> CoMoments:
    """The co-moments of all parts' rows together, in the order given; columns that a part has not add nothing."""
    if len(parts) == 1 and parts[0].names == tuple(names):
        return parts[0]
    merged = CoMoments(tuple(names), *(np.zeros((len(names), len(names))) for _ in range(4)))
    for part in parts:
        merged = _merged(merged, _aligned(part, names))
    return merged


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
