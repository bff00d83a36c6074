"""Categories that have cells of their own by chance: a correction for the choice that the reference's counts made."""

from __future__ import annotations

import numpy as np

from evergreen.drift.cells import NAMED_ROWS
from evergreen.drift.natural import merge
from evergreen.drift.psi import Counts

DEVIATIONS = 3.0  # of a count: how far chance may have lifted it above those that were left out


def less_chance(reference: Counts, window: Counts) -> tuple[Counts, Counts]:
    """Return both samples with the categories pooled that chance may have chosen; `reference`, `window`: counts of
    shape (n_cells,), the reference's most frequent value first, then all others and missing ones.

    Where more values occur than have cells, those have one that happened to be frequent in the reference, and any later
    window has fewer of them. So those of up to 20 rows, or within three standard deviations of the rarest, are one bin,
    and as many of the window's other rows are counted in it as this chance explains.

    >>> reference, window = np.array([500, 21, 20, 19, 400, 0]), np.array([500, 10, 10, 10, 430, 0])
    >>> [counts.tolist() for counts in less_chance(reference, window)]
    [[500, 60, 400, 0], [500, 60, 400, 0]]
    """
    named = reference[:-2]
    if not len(named) or not reference[-2]:
        return reference, window
    merit = int((named > max(named[-1] + DEVIATIONS * np.sqrt(named[-1]), NAMED_ROWS)).sum())
    bins = np.append(np.minimum(np.arange(len(named)), merit), [merit + 1, merit + 2])
    before, after = merge(reference, bins), merge(window, bins)
    scale = window.sum() / reference.sum()
    by_chance = min(before[merit], DEVIATIONS * np.sqrt(named[merit:]).sum()) * scale
    lacking = int(np.clip(before[merit] * scale - after[merit], 0, min(by_chance, after[-2])))
    after[merit : merit + 2] += (lacking, -lacking)
    return before, after
