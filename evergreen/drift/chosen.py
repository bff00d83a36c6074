"""Categories that have cells of their own by chance: a correction for the choice that the reference's counts made."""

from __future__ import annotations

import numpy as np

from evergreen.drift.cells import NAMED_ROWS
from evergreen.drift.psi import Counts

DEVIATIONS = 3.0  # of a count: how far chance may have lifted it above those that were left out


def less_chance(reference: Counts, window: Counts) -> Counts:
    """Return the window's counts without what chance explains; `reference`, `window`: counts of shape (n_cells,), the
    reference's most frequent value first, then all others and missing ones.

    Where more values occur than have cells, or than the reference showed, those have one that happened to be frequent
    in the reference, and any later window has fewer of them. So those of up to 20 rows, or within three standard
    deviations of the rarest that was chosen, get back what the window has more of other rows than the reference, as far
    as they lack rows and this chance explains it.

    >>> reference, window = np.array([500, 21, 20, 19, 400, 0]), np.array([500, 10, 10, 10, 430, 0])
    >>> less_chance(reference, window).tolist()
    [500, 21, 20, 19, 400, 0]
    """
    named, after = reference[:-2], window.copy()
    if not len(named) or not reference.sum():
        return after
    scale = window.sum() / reference.sum()
    rarest = named.min() if reference[-2] else 0  # of those that were chosen
    by_chance = named <= max(rarest + DEVIATIONS * np.sqrt(rarest), NAMED_ROWS)
    lacking = np.where(by_chance, np.maximum(named * scale - window[:-2], 0.0), 0.0)
    most = DEVIATIONS * np.sqrt(named[by_chance]).sum() * scale
    explained = max(min(window[-2] - reference[-2] * scale, lacking.sum(), most), 0.0)
    given = np.floor(np.cumsum(lacking) * (explained / max(lacking.sum(), 1.0)))
    after[:-2] += np.diff(given, prepend=0.0).astype(np.int64)
    after[-2] -= int(given[-1])
    return after
