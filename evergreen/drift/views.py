"""A column's profile as the statistics need it: steps of numbers, counts by category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evergreen.drift.cells import NAMED_ROWS, NAMED_SHARE, bins_of
from evergreen.drift.precision import is_single, single
from evergreen.drift.psi import Counts, Floats
from evergreen.drift.steps import Steps, from_counts
from evergreen.profiles.column import ColumnProfile

FREQUENT = 20  # rows of the smaller side: of more, a category that a sketch lists is not there by chance
CERTAIN = 20  # times the sketch's undercount: a count above this is as good as known


def steps_of(column: ColumnProfile) -> Steps:
    """Return the distribution function of a numeric column; exact where its values are all known."""
    if column.exact and column.frequencies is not None and len(column.frequencies.values):
        return from_counts(column.frequencies.values.astype(float), column.frequencies.counts)
    if column.quantiles is None:
        return Steps(np.empty(0), np.empty(0), 0)
    values, ranks = column.quantiles.points()
    return Steps(values, ranks / column.quantiles.n, column.quantiles.n, column.quantiles.error)


def alike(f: Steps, g: Steps) -> tuple[Steps, Steps]:
    """Return both in single precision where either is."""
    if is_single(f.values) == is_single(g.values):
        return f, g
    return replace(f, values=single(f.values)), replace(g, values=single(g.values))


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
    bins = bins_of(reference.rows)
    deciles = np.unique(reference.quantile(np.arange(1, bins) / bins))
    with np.errstate(over="ignore"):
        below = np.nextafter(deciles, -np.inf)
    tied = reference.at(deciles) - reference.at(below) >= max(1 / bins, NAMED_ROWS / max(reference.rows, 1))
    edges: Floats = np.union1d(deciles, below[tied & np.isfinite(below)])
    return edges


def bin_counts(steps: Steps, edges: Floats, missing: int) -> Counts:
    """Return the rows in each bin, the missing ones last; exact to the steps' error."""
    ranks = np.concatenate([[0.0], steps.at(edges), [1.0]]) * steps.rows
    counts: Counts = np.append(np.diff(np.rint(ranks)), missing).astype(np.int64)
    return counts


def comparable(reference: ColumnProfile, current: ColumnProfile) -> list[str]:
    """Return the categories that are cells of their own, in the reference's order: all while both profiles list all,
    else those that are frequent by either side's share; the rare ones of a list that is cut short are there by chance.
    """
    before, after = reference.categories, current.categories
    names = list(dict.fromkeys([*before, *after]))
    if reference.counted and current.counted:
        return names
    rows = min(reference.count, current.count)
    shares = (max(before.get(name, 0) / reference.count, after.get(name, 0) / current.count) for name in names)
    return [name for name, share in zip(names, shares, strict=True) if share * rows > FREQUENT]


def cell_counts(column: ColumnProfile, names: Sequence[str], other: ColumnProfile) -> Counts:
    """Return the rows of each named category, all others, and the missing ones.

    A count that the sketch may have left out much of is taken as near to the `other` profile's share as it can be: what
    is not known is no drift.
    """
    listed, theirs = (np.array([side.categories.get(name, 0) for name in names]) for side in (column, other))
    if column.top_error and other.count:
        uncertain = np.where(listed <= CERTAIN * column.top_error, column.top_error, 0)
        lacking = np.clip(theirs * (column.count / other.count) - listed, 0, uncertain)
        unlisted = column.values - sum(column.categories.values())
        listed = listed + np.floor(lacking * min(1.0, unlisted / max(lacking.sum(), 1.0))).astype(np.int64)
    return np.array([*listed, column.values - listed.sum(), column.count - column.values], dtype=np.int64)


def named_categories(cells: Counts) -> int:
    """Return how many of the cells, the most frequent of the reference first, are bins of their own in the PSI."""
    total = max(int(cells[:-1].sum()), 1)
    return int(np.logical_and.accumulate(cells[:-2] >= max(NAMED_SHARE * total, NAMED_ROWS)).sum())


def pooled(cells: Counts, named: int) -> Counts:
    """Return the first cells by themselves, the other categories together, and the missing ones."""
    return np.append(cells[:named], [cells[named:-1].sum(), cells[-1]])
