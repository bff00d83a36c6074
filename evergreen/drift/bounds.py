"""By how much a statistic of binned shares can be wrong when each rank is."""

from __future__ import annotations

from itertools import product

import numpy as np

from evergreen.drift.psi import SMOOTHING, Counts, Floats


def psi_bound(before: Counts, after: Counts, rank_errors: tuple[float, float]) -> float:
    """Return the largest |PSI - true PSI| when no rank of the two samples, of shape (n_bins,), is wrong by more rows
    than `rank_errors`; the last bin, of missing values, is exact.

    A bin lies between two ranks, so its share is wrong by at most twice the error. (q - p) ln(q / p) is jointly convex,
    so it is largest at a corner of that square, and smallest there or where p = q.

    >>> psi_bound(np.array([500, 500]), np.array([300, 700]), (0.0, 0.0))
    0.0
    """
    if not any(rank_errors):
        return 0.0
    sides = [_shares(counts, 2 * error) for counts, error in zip((before, after), rank_errors, strict=True)]
    (p, p_low, p_high), (q, q_low, q_high) = sides
    corners = np.array([_term(a, b) for a, b in product((p_low, p_high), (q_low, q_high))])
    here = _term(p, q)
    meet = (p_low <= q_high) & (q_low <= p_high)
    up = (corners.max(axis=0) - here).sum()
    down = (here - np.where(meet, 0.0, corners.min(axis=0))).sum()
    return float(max(up, down))


def jensen_shannon_bound(before: Counts, after: Counts, rank_errors: tuple[float, float]) -> float:
    """Return the largest error of the Jensen-Shannon distance for such ranks.

    A metric: each side moves it by at most its own distance to the truth, and JS² <= Δ / 2 with the triangular
    discrimination Δ = sum of (p - q)² / (p + q) (Topsøe, 2000).
    """
    bound = 0.0
    for counts, error in zip((before, after), rank_errors, strict=True):
        if error:
            rows = max(float(counts.sum()), 1.0)
            moved, shares = 2 * error / rows, counts[:-1] / rows
            bound += float(np.sqrt((moved * moved / np.maximum(shares, moved)).sum() / 2))
    return min(1.0, bound)


def _shares(counts: Counts, error: float) -> tuple[Floats, Floats, Floats]:
    total = counts.sum() + SMOOTHING * len(counts)
    smoothed = counts + SMOOTHING
    wrong = np.full(len(counts), error)
    wrong[-1] = 0.0
    low, high = np.maximum(smoothed - wrong, SMOOTHING), np.minimum(smoothed + wrong, total)
    return smoothed / total, low / total, high / total


def _term(p: Floats, q: Floats) -> Floats:
    term: Floats = (q - p) * np.log(q / p)
    return term
