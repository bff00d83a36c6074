"""The null of the PSI: what it is when nothing drifts, by bins and rows; simulated once and kept.

The chi-squared null of a smoothed PSI is wrong in the tail for small samples, so the null is simulated: two multinomial
samples of the pooled shares (the two-sample parametric bootstrap, Davison and Hinkley, Bootstrap Methods, 4.2). Bins
of about equal shares, such as deciles, count as equal, so that all features of a window share simulations.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from evergreen.drift.chi2 import chi2_p_value
from evergreen.drift.psi import Counts, Floats, psi

FIRST_DRAWS = 2_000  # enough to see that a value is ordinary
PEDESTRIAN = 20  # exceedances among the first draws that settle it
EVEN = 1.2  # shares count as equal up to this ratio
STEPS = 10  # of a share, in each factor of e
DENSE = 20.0  # expected rows in each bin from which half of the PSI is safely below chi-squared [simulated]
_SEED = 20130101


def psi_p_value(reference: Counts, window: Counts, *, draws: int) -> float:
    """Return P(PSI >= observed) when both samples of shape (n_bins,) come from one multinomial.

    Never below 1 / (draws + 1) where simulated. A value far beyond the null is not simulated: half of it, over bins
    pooled until each expects 20 rows, is compared with chi-squared, which is an upper bound of the p-value there.

    >>> psi_p_value(np.array([500, 500]), np.array([300, 700]), draws=2000) < 0.001
    True
    """
    bound = _far_beyond(reference, window)
    if bound < 0.1 / draws:
        return bound
    observed = float(psi(reference, window))
    above = _exceeding(observed, psi_null(reference, window, FIRST_DRAWS))
    if above >= PEDESTRIAN or draws <= FIRST_DRAWS:
        return (above + 1) / (FIRST_DRAWS + 1)
    return (_exceeding(observed, psi_null(reference, window, draws)) + 1) / (draws + 1)


def psi_null(reference: Counts, window: Counts, draws: int) -> Floats:
    """Return `draws` values of the PSI of unchanged samples of these sizes and shares, ascending."""
    both = (reference + window)[(reference + window) > 0]
    return _simulated(_fewer(int(reference.sum())), _fewer(int(window.sum())), _alike(both / both.sum()), draws)


@lru_cache(maxsize=64)
def _simulated(n_reference: int, n_window: int, weights: tuple[float, ...], draws: int) -> Floats:
    random = np.random.default_rng(_SEED)
    shares = np.array(weights) / sum(weights)
    simulated = psi(random.multinomial(n_reference, shares, draws), random.multinomial(n_window, shares, draws))
    return np.sort(simulated)


def _alike(shares: Floats) -> tuple[float, ...]:
    """Shares in order, those within a fifth of each other made equal, in steps of a tenth.

    >>> [round(share, 2) for share in _alike(np.array([0.099, 0.101, 0.0497, 0.7503]))]
    [0.05, 0.1, 0.1, 0.74]
    """
    groups: list[list[float]] = []
    for share in np.sort(shares).tolist():
        if groups and share <= EVEN * groups[-1][0]:
            groups[-1].append(share)
        else:
            groups.append([share])
    return tuple(_stepped(sum(group) / len(group)) for group in groups for _ in group)


def _stepped(share: float) -> float:
    return float(math.exp(round(math.log(share) * STEPS) / STEPS))


def _exceeding(observed: float, null: Floats) -> int:
    return len(null) - int(np.searchsorted(null, observed, side="left"))


def _fewer(rows: int) -> int:
    """Two significant digits, rounded down: fewer rows give a wider null, so the p-value errs upward.

    >>> _fewer(1999)
    1900
    """
    unit: int = 10 ** max(0, len(str(rows)) - 2)
    return max(1, rows // unit * unit)


def _far_beyond(reference: Counts, window: Counts) -> float:
    """An upper bound of the p-value from pooled bins; 1 where there is none. Pooling never raises the PSI."""
    n, m = int(reference.sum()), int(window.sum())
    order = np.argsort(reference + window, kind="stable")
    expected = np.cumsum((reference + window)[order]) / max(n + m, 1) * min(n, m)
    pooled = int(np.searchsorted(expected, DENSE)) + 1  # the smallest bins, together dense enough
    if pooled >= len(order):
        return 1.0
    before = np.append(reference[order[pooled:]], reference[order[:pooled]].sum())
    after = np.append(window[order[pooled:]], window[order[:pooled]].sum())
    if float(((before + after) / (n + m) * min(n, m)).min()) < DENSE:
        return 1.0
    half = float(psi(before, after)) * n * m / (n + m) / 2
    return chi2_p_value(half, len(before) - 1)
