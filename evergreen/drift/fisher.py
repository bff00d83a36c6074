"""Fisher's exact test for one share in two samples."""

from __future__ import annotations

import math

NEGLIGIBLE = 1e-17  # of the sum so far


def fisher_p_value(n_reference: int, hits_reference: int, n_window: int, hits_window: int) -> float:
    """Return P(at least `hits_window` of the hits fall into the window) when the hits fall anywhere.

    The upper tail of the hypergeometric distribution, summed from the observed count on; exact for any size.
    Source: Fisher (1935), The Design of Experiments.

    >>> round(fisher_p_value(10, 1, 10, 6), 6)
    0.028638
    """
    hits = hits_reference + hits_window
    rows = n_reference + n_window
    term = math.exp(_choose(n_window, hits_window) + _choose(n_reference, hits_reference) - _choose(rows, hits))
    total = term
    for k in range(hits_window, min(hits, n_window)):
        term *= (hits - k) * (n_window - k) / ((k + 1) * (n_reference - hits + k + 1))
        total += term
        if term < total * NEGLIGIBLE:
            break
    return min(1.0, total)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
