"""Chi-squared test of homogeneity for two categorical samples."""

from __future__ import annotations

import math

import numpy as np

from evergreen.drift.psi import Counts, Floats

EXPECTED = 5.0  # Cochran's rule: cells that expect fewer rows are pooled before the test


def chi2(reference: Counts | Floats, window: Counts | Floats) -> Floats:
    """Return Pearson's statistic over the last axis: sum of (observed - expected)² / expected over both samples.

    `reference`, `window`: counts of shape (..., n_categories). 0 for equal shares; the mean is n_categories - 1 when
    both samples come from one distribution. Source: Pearson (1900).

    >>> round(float(chi2(np.array([50, 50]), np.array([30, 70]))), 4)
    8.3333
    """
    reference, window = np.asarray(reference, dtype=float), np.asarray(window, dtype=float)
    n, m = reference.sum(axis=-1, keepdims=True), window.sum(axis=-1, keepdims=True)
    both = np.maximum(reference + window, 1e-300)
    value: Floats = ((reference * np.sqrt(m / n) - window * np.sqrt(n / m)) ** 2 / both).sum(axis=-1)
    return value


def pool_sparse(reference: Counts, window: Counts, *, design_effect: float = 1.0) -> tuple[Counts, Counts]:
    """Return both samples with every cell below Cochran's rule poured into one."""
    smaller = min(reference.sum(), window.sum()) / design_effect
    sparse = (reference + window) / (reference.sum() + window.sum()) * smaller < EXPECTED

    def pooled(sample: Counts) -> Counts:
        return np.append(sample[~sparse], sample[sparse].sum())

    keep = (pooled(reference) + pooled(window)) > 0
    return pooled(reference)[keep], pooled(window)[keep]


def chi2_p_value(statistic: float, degrees: int) -> float:
    """Return P(X >= statistic) for X chi-squared with `degrees` of freedom: the regularised upper gamma function.

    Q(a, x), a = degrees / 2, x = statistic / 2, by series or continued fraction (Numerical Recipes, 6.2).

    >>> round(chi2_p_value(3.841458820694124, 1), 10)
    0.05
    """
    a, x = degrees / 2, statistic / 2
    if degrees < 1 or x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1.0 - front * _series(a, x) if x < a + 1 else front * _continued_fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    for n in range(1, 10_000):
        term *= x / (a + n)
        total += term
        if term < total * 1e-16:
            break
    return total


def _continued_fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1e300, 1 / b
    h = d
    for n in range(1, 10_000):
        step = -n * (n - a)
        b += 2
        d = 1 / (step * d + b)
        c = b + step / c
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return h
