"""A metric on labelled answers, and how far chance could have moved it."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.evaluation.metrics import score as evaluate
from evergreen.quality.join import Labelled

CONFIDENCE = 0.95
REPLICATES = 200
FEWEST_BLOCKS = 5  # fewer days than this say nothing about how days differ: hours, then rows, are resampled
MOST_ROWS = 50_000  # more rows than this are thinned for the interval, which widens it a little
BY_SCORE = ("roc_auc", "log_loss", "precision_at_recall_80")
UNBOUNDED = ("log_loss", "rmse", "mae", "r2")


def value_of(metric: str, labelled: Labelled, rows: Any) -> float:
    """Return the metric over some rows; NaN where it is undefined."""
    y, prediction, scores = labelled.y[rows], labelled.prediction[rows], labelled.score[rows]
    if labelled.classes is not None and metric in BY_SCORE and (len(np.unique(y)) < 2 or np.isnan(scores).any()):
        return math.nan
    return float(evaluate(metric, y, prediction, scores, labelled.classes))


def blocks_of(time: NDArray[np.datetime64]) -> tuple[str, NDArray[np.int64]]:
    """Return what is resampled together, and each row's block: days, or finer when there are too few of them."""
    for name, unit in (("day", "datetime64[D]"), ("hour", "datetime64[h]")):
        found, blocks = np.unique(time.astype(unit), return_inverse=True)
        if len(found) >= FEWEST_BLOCKS:
            return name, blocks
    return "row", np.arange(len(time))


def interval(
    metric: str, labelled: Labelled, value: float, blocks: NDArray[np.int64], *, seed: int = 0
) -> tuple[float, float]:
    """Return the block bootstrap's 95 % interval: value ± t(k - 1) sd sqrt(k / (k - 1)) for k blocks.

    Rows of one day share their weather; resampling whole days keeps that (Cameron, Gelbach and Miller, 2008).
    """
    random = np.random.default_rng(seed)
    parts = _parts(blocks, random)
    count = len(parts)
    if count < 2:
        return -math.inf, math.inf
    draws = (np.concatenate([parts[block] for block in random.integers(0, count, count)]) for _ in range(REPLICATES))
    replicates = np.array([value_of(metric, labelled, rows) for rows in draws])
    defined = replicates[np.isfinite(replicates)]
    if len(defined) < REPLICATES / 2:
        return -math.inf, math.inf
    spread = student_t(count - 1) * float(defined.std(ddof=1)) * math.sqrt(count / (count - 1))
    low, high = value - spread, value + spread
    return (low, high) if metric in UNBOUNDED else (max(0.0, low), min(1.0, high))


def _parts(blocks: NDArray[np.int64], random: np.random.Generator) -> list[NDArray[np.int64]]:
    rows = np.arange(len(blocks))
    if len(rows) > MOST_ROWS:
        rows = np.sort(random.choice(rows, MOST_ROWS, replace=False))
    order = rows[np.argsort(blocks[rows], kind="stable")]
    starts = np.unique(blocks[order], return_index=True)[1]
    return np.split(order, starts[1:])


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
