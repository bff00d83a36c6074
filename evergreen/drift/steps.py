"""The distribution function of a column as steps: exact from raw values, within a published error from a summary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from evergreen.drift.psi import Floats


@dataclass(frozen=True)
class Steps:
    """F(x) = P(X <= x): jumps to `shares[i]` at `values[i]`, distinct and ascending; both of shape (n_steps,).

    `rows` usable values are behind it. No F(x) is wrong by more than `error`, and none at all below the first or
    from the last value on.
    """

    values: Floats
    shares: Floats
    rows: int
    error: float = 0.0

    def at(self, points: ArrayLike) -> Floats:
        """Return F at each point.

        >>> from_sample([1.0, 2.0, 2.0, 5.0]).at([0.0, 2.0, 9.0]).tolist()
        [0.0, 0.75, 1.0]
        """
        return self.rising[self.values.searchsorted(points, side="right")]

    @cached_property
    def rising(self) -> Floats:
        """The shares after none, one, two … of the values."""
        return np.concatenate(((0.0,), self.shares))

    def quantile(self, shares: ArrayLike) -> Floats:
        """Return the smallest value at which F reaches each share.

        >>> from_sample([1.0, 2.0, 2.0, 5.0]).quantile([0.25, 0.5, 1.0]).tolist()
        [1.0, 2.0, 5.0]
        """
        place = np.searchsorted(self.shares, np.asarray(shares) - 1e-12, side="left")
        found: Floats = self.values[np.minimum(place, len(self.values) - 1)]
        return found


class Gaps(NamedTuple):
    """|F - G| of two distributions: `apart[i]` from `points[i]`, ascending, to the next; both of shape (n_points,)."""

    points: Floats
    apart: Floats


def gaps(reference: Steps, window: Steps) -> Gaps:
    """Return |F - G|, which changes where either jumps; nothing when one has no rows.

    >>> found = gaps(from_sample([0.0, 1.0]), from_sample([2.0, 4.0]))
    >>> found.points.tolist(), found.apart.tolist()
    ([0.0, 1.0, 2.0, 4.0], [0.5, 1.0, 0.5, 0.0])
    """
    if not reference.rows or not window.rows:
        return Gaps(np.empty(0), np.empty(0))
    points = np.concatenate((reference.values, window.values))
    order = np.argsort(points, kind="stable")  # merges two that are in order
    points, passed = points[order], np.cumsum(order < len(reference.values))
    apart = np.abs(reference.rising[passed] - window.rising[np.arange(1, len(points) + 1) - passed])
    last = np.concatenate((points[1:] != points[:-1], (True,)))
    return Gaps(points[last], apart[last])


def from_sample(column: ArrayLike) -> Steps:
    """Return the exact steps of raw values, of shape (n_rows,); NaN and infinities are left out."""
    numbers = np.asarray(column, dtype=float)
    values, counts = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
    return from_counts(values, counts)


def from_counts(values: ArrayLike, counts: ArrayLike, *, error: float = 0.0) -> Steps:
    """Return the steps of distinct ascending values and how often each occurs."""
    running = np.cumsum(np.asarray(counts))
    rows = int(running[-1]) if len(running) else 0
    return Steps(np.asarray(values, dtype=float), running / max(rows, 1), rows, error)
