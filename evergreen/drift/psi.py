"""Population stability index between two binned samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

SMOOTHING = 0.5  # pseudo-count per bin (Jeffreys): an empty bin stays finite


def psi(reference: Counts | Floats, window: Counts | Floats) -> Floats:
    """Return the PSI over the last axis: sum of (q - p) ln(q / p) of smoothed shares p, q.

    `reference`, `window`: counts of shape (..., n_bins). Unit: nats. 0 means equal shares; there is no upper bound.
    By custom 0.1 is a moderate and 0.25 a large shift. Bins that are empty on both sides are left out.
    Source: Siddiqi, Credit Risk Scorecards (2006); it is Jeffreys' divergence (1946).

    >>> round(float(psi(np.array([500, 500]), np.array([300, 700]))), 4)
    0.1691
    """
    reference, window = np.asarray(reference, dtype=float), np.asarray(window, dtype=float)
    used = (reference + window) > 0
    bins = used.sum(axis=-1, keepdims=True)
    p = (reference + SMOOTHING) / (reference.sum(axis=-1, keepdims=True) + SMOOTHING * bins)
    q = (window + SMOOTHING) / (window.sum(axis=-1, keepdims=True) + SMOOTHING * bins)
    value: Floats = np.where(used, (q - p) * np.log(q / p), 0.0).sum(axis=-1)
    return value
