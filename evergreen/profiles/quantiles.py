"""A mergeable quantile summary that carries a proven bound on its rank error.

A summary of n numbers holds at most k points, each standing for about n / k of the numbers, in integer weights.
Let F(x) be how many of the n numbers are ≤ x, and cut the ranks 1 … n into k runs of w₁ … w_k with ends c₁ … c_k.
The i-th point is the number at the middle rank of its run, rᵢ = cᵢ₋₁ + ⌈wᵢ / 2⌉. A point is ≤ x exactly when
F(x) ≥ rᵢ, so the summary answers F'(x) = cᵢ for every x with rᵢ ≤ F(x) < rᵢ₊₁, and

    −⌊wᵢ / 2⌋ ≤ F(x) − F'(x) ≤ ⌈wᵢ₊₁ / 2⌉ − 1,    so    |F − F'| ≤ ⌊w / 2⌋  with  w = ⌈n / k⌉.

The proof needs nothing of the n numbers but their F: they may be points of other summaries, with their weights.
Merging parts therefore adds their bounds and ⌊w / 2⌋ once, however many parts there are; recompressing after each
merge would add it each time (720 merges in sequence: a rank error of .13, at once: 2e-4). Equal parts in any order
have the same F, hence the same summary. Up to k distinct numbers are kept exactly, each with its count.

Source: Munro and Paterson, Selection and sorting with limited storage (1980); Agarwal et al., Mergeable summaries
(2012), section 3 (equal-weight samples of sorted parts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

POINTS = 2048  # of a summary: a rank error of 1 / 4096 of the rows for each compression


@dataclass(frozen=True, eq=False)
class QuantileSummary:
    """`n` numbers as ascending `values`, with `counts` of each, or in even runs where `counts` is None.

    `rank_error` bounds |F − F'| in rows.
    """

    n: int
    values: Floats
    counts: Counts | None = None
    rank_error: int = 0

    @property
    def error(self) -> float:
        """The bound on the rank error as a share of the numbers: 0 when the summary is exact."""
        return self.rank_error / self.n if self.n else 0.0

    @property
    def weights(self) -> Counts:
        """How many numbers each value stands for; they add up to `n`."""
        return even_weights(self.n, len(self.values)) if self.counts is None else self.counts

    @cached_property
    def ranks(self) -> Counts:
        """F' at each value: how many of the numbers are at most this value."""
        return even_ranks(self.n, len(self.values)) if self.counts is None else np.cumsum(self.counts)

    def cdf(self, x: Any) -> Floats:
        """The share of numbers ≤ x, for x of any shape; within `error` of the truth.

        >>> summarise(np.array([1.0, 2.0, 2.0, 5.0])).cdf([0, 2, 9]).tolist()
        [0.0, 0.75, 1.0]
        """
        return self._share(x, "right")

    def cdf_below(self, x: Any) -> Floats:
        """The share of numbers < x, within `error` of the truth."""
        return self._share(x, "left")

    def quantile(self, q: Any) -> Floats:
        """The smallest value whose share of numbers at or below it is at least q, in [0, 1].

        >>> summarise(np.array([1.0, 2.0, 2.0, 5.0])).quantile([0, 0.5, 1]).tolist()
        [1.0, 2.0, 5.0]
        """
        wanted = np.ceil(np.clip(q, 0.0, 1.0) * self.n)
        at = np.searchsorted(self.ranks, wanted, side="left")
        return np.asarray(self.values[np.minimum(at, len(self.values) - 1)])

    def points(self) -> tuple[Floats, Counts]:
        """The step function itself: distinct values, and how many numbers are at or below each."""
        last = np.append(self.values[1:] != self.values[:-1], True)[: len(self.values)]
        return self.values[last], self.ranks[last]

    def _share(self, x: Any, side: Any) -> Floats:
        at = np.searchsorted(self.values, np.asarray(x, dtype=np.float64), side=side)
        return np.concatenate(([0], self.ranks))[at] / max(self.n, 1)


def even_ranks(n: int, k: int) -> Counts:
    """The ends c₁ … c_k of k runs that differ by at most one."""
    return np.arange(1, k + 1, dtype=np.int64) * n // max(k, 1)


@lru_cache(maxsize=64)
def even_weights(n: int, k: int) -> Counts:
    """The lengths w₁ … w_k of k runs that differ by at most one."""
    return _shared(np.diff(even_ranks(n, k), prepend=0))


def summarise(
    ascending: NDArray[Any], values: NDArray[Any] | None = None, counts: Counts | None = None, k: int = POINTS
) -> QuantileSummary:
    """The summary of sorted finite numbers, and of its distinct values if they are known: exact up to k of them."""
    if values is None or counts is None:
        values, counts = runs(ascending)
    if len(values) <= k:
        return QuantileSummary(len(ascending), values.astype(np.float64), counts)
    return evenly(ascending, k)


def evenly(ascending: NDArray[Any], k: int = POINTS, error: int = 0) -> QuantileSummary:
    """The summary of sorted finite numbers at k even ranks: within ⌊⌈n / k⌉ / 2⌋ ranks, exact up to k of them.

    `error` bounds the ranks' own: by how much #{numbers ≤ x} is wrong for any x.
    """
    n = len(ascending)
    if n <= k:
        return QuantileSummary(n, ascending.astype(np.float64), None, error)
    return QuantileSummary(n, ascending[_middles(n, k) - 1].astype(np.float64, copy=False), None, error + _added(n, k))


def merge_summaries(parts: Sequence[QuantileSummary], k: int = POINTS) -> QuantileSummary:
    """One summary of all parts' numbers: exact parts with up to k distinct values stay exact."""
    n, error = sum(part.n for part in parts), sum(part.rank_error for part in parts)
    if len(parts) == 1 and len(parts[0].values) <= k:
        return parts[0]
    values, counts = weighted_runs([part.values for part in parts], [part.weights for part in parts])
    if len(values) <= k:
        return QuantileSummary(n, values, counts, error)
    middles = np.searchsorted(np.cumsum(counts), _middles(n, k), side="left")
    return QuantileSummary(n, values[middles], None, error + _added(n, k))


def firsts(ascending: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values of a sorted array are the first of their kind."""
    first = np.empty(len(ascending), dtype=bool)
    first[:1] = True
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first


def runs(ascending: NDArray[Any], first: NDArray[np.bool_] | None = None) -> tuple[NDArray[Any], Counts]:
    """The distinct values of a sorted array, and how often each occurs."""
    (starts,) = (firsts(ascending) if first is None else first).nonzero()
    return ascending[starts], np.diff(starts, append=len(ascending))


def weighted_runs(values: Sequence[NDArray[Any]], counts: Sequence[Counts]) -> tuple[NDArray[Any], Counts]:
    """The distinct values of several arrays, ascending, and the sum of their counts."""
    if not values:
        return np.empty(0), np.empty(0, np.int64)
    found, weights = np.concatenate(values), np.concatenate(counts)
    if not len(found):
        return found, weights.astype(np.int64)
    order = np.argsort(found, kind="stable")  # merges what is in order already
    found, weights = found[order], weights[order]
    (starts,) = firsts(found).nonzero()
    return found[starts], np.add.reduceat(weights, starts)


@lru_cache(maxsize=64)
def _middles(n: int, k: int) -> Counts:
    widths = even_weights(n, k)
    return _shared(even_ranks(n, k) - widths + (widths + 1) // 2)


def _shared(ranks: Counts) -> Counts:
    """What a cache hands out must not be written to."""
    ranks.setflags(write=False)
    return ranks


def _added(n: int, k: int) -> int:
    return -(-n // k) // 2
