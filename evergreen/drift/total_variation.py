"""Total variation distance between two categorical samples."""

from __future__ import annotations

import numpy as np

from evergreen.drift.psi import Counts, Floats


def total_variation(reference: Counts | Floats, window: Counts | Floats) -> Floats:
    """Return half the sum of |p - q| over the last axis: the share of rows that would have to change category.

    `reference`, `window`: counts of shape (..., n_categories). In [0, 1]: 0 for equal shares, 1 for disjoint ones.
    Source: Levin, Peres and Wilmer, Markov Chains and Mixing Times (2009), 4.1.

    >>> round(float(total_variation(np.array([50, 50]), np.array([30, 70]))), 6)
    0.2
    """
    p = np.asarray(reference) / np.maximum(np.sum(reference, axis=-1, keepdims=True), 1)
    q = np.asarray(window) / np.maximum(np.sum(window, axis=-1, keepdims=True), 1)
    distance: Floats = np.abs(p - q).sum(axis=-1) / 2
    return distance
