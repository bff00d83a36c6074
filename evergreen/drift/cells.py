"""Frozen cells of one feature: where the reference cut its values, so that every later window is counted alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.precision import is_single, single
from evergreen.drift.psi import Counts

Kind = Literal["number", "category", "boolean"]
Column = NDArray[Any]

EDGES = 2048  # quantile edges: D at them misses at most 0.05 % of the reference
VALUES = 4096  # most frequent categories counted by name, so that a new one is known; the rest is one cell
NAMED = 100  # of them compared one by one; the others together, for a distance over thousands would be chance
PSI_BINS = 10
BIN_ROWS = 5  # of the reference in a bin, where it has so few values that chance cuts the bins
NAMED_SHARE = 0.01  # a category below this share of the reference joins "other" in the PSI,
NAMED_ROWS = 20  # and one of fewer rows: which of the rare ones reach the share is chance


@dataclass(frozen=True)
class Cells:
    """Numbers: `(-inf, edge 0], … (edge k, inf)`. Categories: one per value, then all others. Last: missing."""

    kind: Kind
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The number of cells, the one for missing values included."""
        return (len(self.edges) if self.kind == "number" else len(self.values)) + 2

    @cached_property
    def _cuts(self) -> NDArray[np.float64]:
        return np.asarray(self.edges)

    @cached_property
    def _is_single(self) -> bool:
        return is_single(self._cuts[1:])  # the first lies just below a value

    def codes(self, column: Column) -> NDArray[np.int64]:
        """Return each row's cell."""
        if self.kind == "number":
            numbers = np.asarray(column, dtype=float)
            placed = np.searchsorted(self._cuts, single(numbers) if self._is_single else numbers, side="left")
            return np.where(np.isfinite(numbers), placed, self.size - 1).astype(np.int64)
        index: dict[str | None, int] = {value: cell for cell, value in enumerate(self.values)}
        index[None] = self.size - 1
        other = self.size - 2
        return np.fromiter((index.get(text, other) for text in texts(column)), dtype=np.int64, count=len(column))

    def count(self, column: Column) -> Counts:
        """Return how many rows fall into each cell.

        >>> Cells("number", edges=(0.0, 1.0)).count(np.array([-1.0, 0.0, 0.5, 7.0, np.nan]))
        array([2, 1, 1, 1])
        """
        return np.bincount(self.codes(column), minlength=self.size).astype(np.int64)

    def compared(self, counts: Counts) -> Counts:
        """Return counts, cells on the last axis, with those of the less frequent categories added to all others."""
        if self.kind == "number" or len(self.values) <= NAMED:
            return counts
        others = counts[..., NAMED:-1].sum(axis=-1, keepdims=True)
        return np.concatenate([counts[..., :NAMED], others, counts[..., -1:]], axis=-1)

    def bins(self, reference: Counts) -> NDArray[np.int64]:
        """Return each compared cell's PSI bin: deciles of the reference, or its common categories, all others, then
        missing.
        """
        known = reference[:-1]
        total = max(int(known.sum()), 1)
        if self.kind == "number":
            before = np.cumsum(known) - known
            most = bins_of(total)
            bins = np.minimum(before * most // total, most - 1)
        else:
            named = np.append(known[:-1] >= max(NAMED_SHARE * total, NAMED_ROWS), False)
            bins = np.where(named, np.cumsum(named) - 1, named.sum())
        _, dense = np.unique(bins, return_inverse=True)
        return np.append(dense, dense.max() + 1).astype(np.int64)


def bins_of(rows: int) -> int:
    """Return into how many bins the PSI puts numbers when the reference has so many values."""
    return min(max(rows // BIN_ROWS, 2), PSI_BINS)


def number_cells(column: Column) -> Cells:
    """Cut at the sample's own quantiles; values beyond its range have cells of their own."""
    known = np.asarray(column, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return Cells("number", edges=(0.0,))
    quantiles = np.quantile(known, np.linspace(0, 1, EDGES), method="inverted_cdf")
    with np.errstate(over="ignore"):
        edges = np.unique(np.append(quantiles, np.nextafter(quantiles[0], -np.inf)))
    return Cells("number", edges=tuple(edges[np.isfinite(edges)].tolist()))


def category_cells(column: Column, kind: Kind) -> Cells:
    """Name the most frequent values, the most frequent first."""
    counts = Counter(text for text in texts(column) if text is not None)
    common = sorted(counts, key=lambda value: (-counts[value], value))[:VALUES]
    return Cells(kind, values=tuple(common))


def texts(column: Column | Sequence[Any]) -> list[str | None]:
    """Return categories and booleans as text: `True` and `1.0` of a boolean column are read by `as_boolean`.

    >>> texts(np.array(["AA", None, True, 3.0, float("nan")], dtype=object))
    ['AA', None, 'true', '3', None]
    """
    listed = column.tolist() if isinstance(column, np.ndarray) else column
    return [value if isinstance(value, str) else _text(value) for value in listed]


def as_boolean(column: Column) -> Column:
    """Return booleans as an object array of True, False and None, from booleans, numbers or text."""
    known = {"true": True, "false": False, "1": True, "0": False}
    return np.array([known.get(text.lower()) if text else None for text in texts(column)], dtype=object)


def _text(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
