r"""Evidence that a challenger breaks a limit, valid at every look.

A release is judged again and again while it runs. A fixed-sample test repeated each minute would roll back a quarter
of the healthy ones, so the error rate is tested by betting: the *e-value* of n requests with k failures against a
limit p₀ is

    E_n = Σ_j w_j (p_j/p₀)^k ((1−p_j)/(1−p₀))^(n−k),        p_j ∈ (p₀, 1],  Σ w_j = 1

For every true rate p ≤ p₀ this is a non-negative supermartingale that starts at 1, so by Ville's inequality
P(E_n ≥ 1/α for any n) ≤ α, whenever and however often one looks.

References: Ville (1939); Ramdas, Grünwald, Vovk and Shafer (2023), "Game-theoretic statistics and safe anytime-valid
inference", https://arxiv.org/abs/2210.01948.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

ALPHA = 0.01  # share of healthy releases that may be rolled back, over all their signals, steps and looks
GRID = 20  # alternatives p_j, equally spaced in log p: for a 1% limit, neighbours differ by a factor of 1.26
PSI_SMOOTHING = 0.5  # added to each bin, so that an empty bin is not infinite evidence
# The 1 − 1e-6 quantile of χ² with 9 degrees of freedom: under equal distributions of ten bins, PSI is about
# χ²(9) · (1/n + 1/m), and this many looks times this tail stay below ALPHA.
PSI_NOISE = 45.0


def log_e_value(failures: int, requests: int, limit: float) -> float:
    """log E_n: −∞ … ∞, 0 without evidence.

    >>> log_e_value(0, 0, 0.01)
    0.0
    >>> log_e_value(3, 6, 0.01) > math.log(1 / ALPHA)
    True
    >>> log_e_value(10, 1000, 0.01) < 0
    True
    """
    if requests == 0 or limit >= 1:
        return 0.0
    if limit <= 0:
        return math.inf if failures else 0.0
    terms = [_log_likelihood_ratio(failures, requests, limit ** (1 - j / GRID), limit) for j in range(1, GRID + 1)]
    largest = max(terms)
    return largest + math.log(math.fsum(math.exp(term - largest) for term in terms) / GRID)


def exceeds(failures: int, requests: int, limit: float, *, alpha: float = ALPHA) -> bool:
    """Whether the failures prove a true rate above `limit`, wrong at most a share `alpha` of the times.

    >>> exceeds(5, 10, 0.01), exceeds(1, 10, 0.01)
    (True, False)
    """
    return log_e_value(failures, requests, limit) >= math.log(1 / alpha)


def psi(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Population stability index of two histograms of equal bins: Σ (a − e) ln(a/e), smoothed; 0 is equal.

    >>> psi([50, 50], [50, 50])
    0.0
    """
    e_total, a_total = (sum(counts) + PSI_SMOOTHING * len(counts) for counts in (expected, actual))
    shares = [
        ((e + PSI_SMOOTHING) / e_total, (a + PSI_SMOOTHING) / a_total) for e, a in zip(expected, actual, strict=True)
    ]
    return math.fsum((a - e) * math.log(a / e) for e, a in shares)


def psi_beyond_noise(expected: Sequence[int], actual: Sequence[int]) -> float:
    """PSI less what chance alone gives histograms of these sizes; never positive without rows on both sides.

    >>> psi_beyond_noise([0, 0], [10, 10])
    0.0
    """
    n, m = sum(expected), sum(actual)
    if n == 0 or m == 0:
        return 0.0
    return psi(expected, actual) - PSI_NOISE * (1 / n + 1 / m)


def _log_likelihood_ratio(failures: int, requests: int, rate: float, limit: float) -> float:
    successes = requests - failures
    if rate >= 1:
        return -math.inf if successes else failures * -math.log(limit)
    return failures * math.log(rate / limit) + successes * (math.log1p(-rate) - math.log1p(-limit))
