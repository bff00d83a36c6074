"""Jensen-Shannon distance between two binned samples."""

from __future__ import annotations

import numpy as np

from evergreen.drift.psi import Counts, Floats


def jensen_shannon(reference: Counts | Floats, window: Counts | Floats) -> Floats:
    """Return sqrt of (KL(p | m) + KL(q | m)) / 2 over the last axis, m = (p + q) / 2, logarithms to base 2.

    `reference`, `window`: counts or shares of shape (..., n_bins). A metric in [0, 1]: 0 for equal shares, 1 for
    disjoint ones; no smoothing is needed. Source: Lin (1991); Endres and Schindelin (2003) for the square root.

    >>> round(float(jensen_shannon(np.array([50, 50]), np.array([30, 70]))), 6)
    0.174084
    >>> float(jensen_shannon(np.array([10, 0]), np.array([0, 10])))
    1.0
    """
    p = np.asarray(reference, dtype=float) / np.maximum(np.sum(reference, axis=-1, keepdims=True), 1e-300)
    q = np.asarray(window, dtype=float) / np.maximum(np.sum(window, axis=-1, keepdims=True), 1e-300)
    middle = (p + q) / 2
    divergence = (_terms(p, middle) + _terms(q, middle)).sum(axis=-1) / 2
    distance: Floats = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return distance


def _terms(shares: Floats, middle: Floats) -> Floats:
    ratio = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0)
    terms: Floats = shares * np.log2(ratio)
    return terms
