"""Natural variation of a table from the profiles of its own windows: months, weeks, batches of about equal length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.natural import WindowNull, null_of_counts
from evergreen.drift.psi import Counts
from evergreen.drift.views import bin_counts, cell_counts, comparable, named_categories, psi_edges, steps_of
from evergreen.drift.windows import FEWEST_SLOTS
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.table import TableProfile, merge

EDGES = 256  # D at them misses at most 0.4 % of the rows


def natural_variation(windows: Sequence[TableProfile]) -> dict[str, WindowNull]:
    """Compare each window with the rest of them; by column, empty when there are fewer than five windows."""
    if len(windows) < FEWEST_SLOTS:
        return {}
    whole = merge(windows)
    found: dict[str, WindowNull] = {}
    for name, column in whole.columns.items():
        parts = [each.columns[name] for each in windows if name in each.columns]
        if column.kind in ("number", "text", "boolean") and column.values and len(parts) == len(windows):
            inside, bins = _numbers(column, parts) if column.kind == "number" else _categories(column, parts)
            rest = inside.sum(axis=0) - inside
            null = null_of_counts(inside, rest, bins, ordered=column.kind == "number", degrees=len(parts) - 1)
            if null:
                found[name] = null
    return found


def _numbers(whole: ColumnProfile, parts: Sequence[ColumnProfile]) -> tuple[Counts, NDArray[np.int64]]:
    steps = steps_of(whole)
    coarse = psi_edges(steps)
    edges = np.union1d(coarse, steps.quantile(np.linspace(0, 1, EDGES)))
    inside = np.array([bin_counts(steps_of(part), edges, part.count - part.values) for part in parts])
    bins = np.searchsorted(coarse, edges, side="left")
    return inside, np.concatenate([bins, [len(coarse), len(coarse) + 1]])


def _categories(whole: ColumnProfile, parts: Sequence[ColumnProfile]) -> tuple[Counts, NDArray[np.int64]]:
    names = comparable(whole, whole)
    inside = np.array([cell_counts(part, names, whole) for part in parts])
    named = named_categories(inside.sum(axis=0))
    return inside, np.append(np.minimum(np.arange(len(names) + 1), named), named + 1)
