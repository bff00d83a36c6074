"""A column's profile as the statistics need it: steps of numbers, counts by category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evergreen.drift.psi import Counts, Floats
from evergreen.drift.steps import Steps, from_counts
from evergreen.profiles.column import ColumnProfile

PSI_BINS = 10
NAMED_SHARE = 0.01  # a category below this share of the reference joins "other" in the PSI
SKETCHED = 20  # times the sketch's undercount: a category below this is too uncertain to be a cell of its own


def steps_of(column: ColumnProfile) -> Steps:
    """Return the distribution function of a numeric column; exact where its values are all known."""
    if column.exact and column.frequencies is not None and len(column.frequencies.values):
        return from_counts(column.frequencies.values.astype(float), column.frequencies.counts)
    if column.quantiles is None:
        return Steps(np.empty(0), np.empty(0), 0)
    values, ranks = column.quantiles.points()
    return Steps(values, ranks / column.quantiles.n, column.quantiles.n, column.quantiles.error)


def value_range(column: ColumnProfile) -> float:
    """Return the largest less the smallest value; of times in microseconds."""
    if column.kind == "timestamp":
        return float(np.ptp(column.quantiles.values)) if column.quantiles else 0.0
    return float(column.max) - float(column.min) if column.min is not None and column.max is not None else 0.0


def psi_edges(reference: Steps) -> Floats:
    """Return the upper edges of the bins: deciles of the reference, and both sides of a value that holds a decile.

    >>> psi_edges(from_counts([0.0, 1.0, 2.0], [50, 49, 1])).tolist()
    [-5e-324, 0.0, 0.9999999999999999, 1.0]
    """
    deciles = np.unique(reference.quantile(np.arange(1, PSI_BINS) / PSI_BINS))
    below = np.nextafter(deciles, -np.inf)
    tied = reference.at(deciles) - reference.at(below) >= 1 / PSI_BINS
    edges: Floats = np.union1d(deciles, below[tied])
    return edges


def bin_counts(steps: Steps, edges: Floats, missing: int) -> Counts:
    """Return the rows in each bin, the missing ones last; exact to the steps' error."""
    ranks = np.concatenate([[0.0], steps.at(edges), [1.0]]) * steps.rows
    counts: Counts = np.append(np.diff(np.rint(ranks)), missing).astype(np.int64)
    return counts


def comparable(reference: ColumnProfile, current: ColumnProfile) -> list[str]:
    """Return the categories that both profiles know well enough to be cells of their own, in the reference's order."""
    before, after = reference.categories, current.categories
    names = list(dict.fromkeys([*before, *after]))
    floors = [(counts, SKETCHED * side.top_error) for counts, side in ((before, reference), (after, current))]
    return [name for name in names if all(not floor or counts.get(name, 0) > floor for counts, floor in floors)]


def cell_counts(column: ColumnProfile, names: Sequence[str]) -> Counts:
    """Return the rows of each named category, all others, and the missing ones."""
    listed = [column.categories.get(name, 0) for name in names]
    return np.array([*listed, column.values - sum(listed), column.count - column.values], dtype=np.int64)


def named_categories(cells: Counts) -> int:
    """Return how many of the cells, the most frequent first, are bins of their own in the PSI."""
    total = max(int(cells[:-1].sum()), 1)
    return int((cells[:-2] >= NAMED_SHARE * total).sum())
