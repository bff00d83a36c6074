"""A metric on labelled answers, and how far chance could have moved it."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evergreen.evaluation.metrics import measure
from evergreen.quality.join import Labelled

CONFIDENCE = 0.95
REPLICATES = 200
FEWEST_BLOCKS = 5  # fewer days than this say nothing about how days differ: hours, then rows, are resampled
UNBOUNDED = ("log_loss", "rmse", "mae", "r2")
NOWHERE = (math.nan, math.nan)


def blocks_of(time: NDArray[np.datetime64]) -> tuple[str, NDArray[np.int64]]:
    """Return what is resampled together, and each row's block: days, or finer when there are too few of them."""
    for name, unit in (("day", "datetime64[D]"), ("hour", "datetime64[h]")):
        found, blocks = np.unique(time.astype(unit), return_inverse=True)
        if len(found) >= FEWEST_BLOCKS:
            return name, blocks
    return "row", np.arange(len(time))


def interval(metric: str, labelled: Labelled, *, seed: int = 0) -> tuple[float, float, float]:
    """Return (value, low, high): the metric and its block bootstrap's 95 % interval; NaN where it is undefined.

    The ends are value ± t(k - 1) sd sqrt(k / (k - 1)) for k blocks. Rows of one day share their weather; resampling
    whole days keeps that (Cameron, Gelbach and Miller, Bootstrap-based improvements for clustered errors, 2008).
    """
    weighted = measure(metric, labelled.y, labelled.prediction, labelled.score, labelled.classes)
    value = weighted(np.ones(len(labelled.y)))
    blocks = blocks_of(labelled.time)[1]
    count = int(blocks.max()) + 1
    if not math.isfinite(value) or count < 2:
        return (value, *NOWHERE)
    random = np.random.default_rng(seed)
    drawn = (np.bincount(random.integers(0, count, count), minlength=count) for _ in range(REPLICATES))
    replicates = np.array([weighted(times[blocks].astype(float)) for times in drawn])
    defined = replicates[np.isfinite(replicates)]
    if len(defined) < REPLICATES / 2:
        return (value, *NOWHERE)
    spread = student_t(count - 1) * float(defined.std(ddof=1)) * math.sqrt(count / (count - 1))
    low, high = value - spread, value + spread
    return (value, low, high) if metric in UNBOUNDED else (value, max(0.0, low), min(1.0, high))


def student_t(degrees: int) -> float:
    """Return the two-sided 95 % quantile of Student's t (Fisher and Cornish's expansion; 0.02 off at 4 degrees).

    >>> round(student_t(6), 2), round(student_t(1000), 2)
    (2.45, 1.96)
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3
