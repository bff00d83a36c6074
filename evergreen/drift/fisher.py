"""Fisher's exact test for one share in two samples."""

from __future__ import annotations

import math

NEGLIGIBLE = 1e-17  # of the sum so far


def fisher_p_value(n_reference: int, hits_reference: int, n_window: int, hits_window: int) -> float:
    """Return P(at least `hits_window` of the hits fall into the window) when the hits fall anywhere.

    A tail of the hypergeometric distribution, summed from the observed count away from the mean, where its terms fall;
    exact for any size.
    Source: Fisher (1935), The Design of Experiments.

    >>> round(fisher_p_value(10, 1, 10, 6), 6)
    0.028638
    """
    hits, rows = hits_reference + hits_window, n_reference + n_window
    if hits_window * rows > hits * n_window:
        return _tail(n_reference, hits_reference, n_window, hits_window)
    if not hits_window or hits_reference == n_reference:  # fewer in the window is impossible
        return 1.0
    return 1.0 - _tail(n_window, hits_window - 1, n_reference, hits_reference + 1)


def _tail(n: int, hits: int, m: int, more: int) -> float:
    """P(at least `more` of the hits fall into the sample of `m`), for more than its share of them; 0 below 1e-308."""
    every = hits + more
    first = math.exp(_choose(m, more) + _choose(n, hits) - _choose(n + m, every))
    term = total = 1.0
    for k in range(more, min(every, m)):
        term *= (every - k) * (m - k) / ((k + 1) * (n - every + k + 1))
        total += term
        if term < total * NEGLIGIBLE:
            break
    return min(1.0, first * total)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
