"""Kolmogorov-Smirnov test of two raw samples or two distribution functions."""

from __future__ import annotations

import math

import numpy as np

from evergreen.drift.ks import ks_p_value
from evergreen.drift.steps import Gaps

EXACT_ROWS = 10_000  # beyond this the lattice walk is slow and the limit distribution is good


def ks_steps(found: Gaps) -> float:
    """Return D = sup |F(x) - G(x)|, in [0, 1]: 0 for equal distributions, 1 for disjoint ones.

    Wrong by at most the sum of both sides' errors. Source: Kolmogorov (1933), Smirnov (1939).

    >>> from evergreen.drift.steps import from_sample, gaps
    >>> ks_steps(gaps(from_sample([1.0, 2.0, 3.0, 4.0]), from_sample([3.0, 4.0, 5.0, 6.0])))
    0.5
    """
    return float(found.apart.max(initial=0.0))


def ks_test_p_value(distance: float, n_reference: int, n_window: int) -> float:
    """Return P(D >= distance): exact up to 10,000 rows a side, and by the limit distribution beyond."""
    if max(n_reference, n_window) <= EXACT_ROWS:
        return ks_exact_p_value(distance, n_reference, n_window)
    return ks_p_value(distance, n_reference, n_window)


def ks_exact_p_value(distance: float, n_reference: int, n_window: int) -> float:
    """Return the share of orderings of n + m values without ties whose D is at least `distance`.

    An ordering is a lattice path from (0, 0) to (n, m); with u(i, j) the share of paths to (i, j) that ever had
    |i / n - j / m| >= distance, u = 1 there and u(i, j) = i / (i + j) u(i - 1, j) + j / (i + j) u(i, j - 1) elsewhere.
    Conservative for ties. Source: Hodges (1958), The significance probability of the Smirnov two-sample test.

    >>> round(ks_exact_p_value(0.5, 4, 4), 6)
    0.771429
    """
    n, m = n_reference, n_window
    common = math.gcd(n, m)
    up, across = m // common, n // common
    limit = round(distance * (n * up))
    if limit <= 0:
        return 1.0
    share = np.ones(n + 2)  # share[i + 1] is u(i, s - i) on the diagonal s; 1 wherever the walk has not been
    share[1] = 0.0
    for s in range(1, n + m + 1):
        low = max((s * across - limit) // (up + across) + 1, 0, s - m)
        high = min(-((-s * across - limit) // (up + across)) - 1, n, s)
        if low > high:
            return 1.0
        i = np.arange(low, high + 1)
        share[low + 1 : high + 2] = (i * share[low : high + 1] + (s - i) * share[low + 1 : high + 2]) / s
        share[low] = 1.0
    return float(share[n + 1])
