"""Population stability index between two binned samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

SMOOTHING = 0.5  # pseudo-count per bin (Jeffreys): an empty bin stays finite
FIRST_DRAWS = 2_000  # enough to see that a value is ordinary
PEDESTRIAN = 20  # exceedances among the first draws that settle it


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


def psi_p_value(reference: Counts, window: Counts, *, design_effect: float, draws: int, seed: int = 0) -> float:
    """Return P(PSI >= observed) when both samples come from one multinomial, by seeded Monte Carlo.

    Both samples count as `design_effect` times fewer independent rows. The chi-squared approximation is wrong in
    the tail for small samples, so the null is simulated: the two-sample parametric bootstrap on the pooled shares
    (Davison and Hinkley, Bootstrap Methods, 4.2). Never below 1 / (draws + 1).

    >>> psi_p_value(np.array([500, 500]), np.array([300, 700]), design_effect=1.0, draws=2000) < 0.001
    True
    """
    observed = float(psi(reference, window))
    pooled = (reference + window) / (reference.sum() + window.sum())
    sizes = [max(1, round(float(sample.sum()) / design_effect)) for sample in (reference, window)]
    random = np.random.default_rng(seed)
    above, done = 0, 0
    for batch in (min(FIRST_DRAWS, draws), max(0, draws - FIRST_DRAWS)):
        if batch:
            simulated = psi(random.multinomial(sizes[0], pooled, batch), random.multinomial(sizes[1], pooled, batch))
            above, done = above + int((simulated >= observed).sum()), done + batch
        if above >= PEDESTRIAN:
            break
    return (above + 1) / (done + 1)
