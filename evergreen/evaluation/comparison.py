"""Challenger against champion on the same rows: the difference, and how far chance could have moved it.

A paired block bootstrap: rows of one day share their weather, so whole days are resampled where rows have times,
and the interval is difference ± t(k − 1) · sd · sqrt(k / (k − 1)) for k blocks (Cameron, Gelbach and Miller, 2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.evaluation.metrics import LOWER_IS_BETTER, measure

REPLICATES = 500  # the sd of 500 replicates is known to 3 %
FEWEST_BLOCKS = 5  # fewer days than this say nothing about how days differ: hours, then rows, are resampled


@dataclass(frozen=True)
class Answers:
    """One model's answers: predictions of shape (n_rows,), scores of shape (n_rows,) or (n_rows, n_classes)."""

    prediction: NDArray[Any]
    score: NDArray[Any]


@dataclass(frozen=True)
class Comparison:
    """`difference` is challenger − champion, turned so that higher is better; `blocks` is None for single rows."""

    metric: str
    difference: float
    low: float
    high: float
    confidence: float
    rows: int
    blocks: int | None


def compare(
    metric: str,
    y: NDArray[Any],
    challenger: Answers,
    champion: Answers,
    classes: Sequence[Any] | None,
    *,
    times: NDArray[np.datetime64] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the comparison as its JSON form."""
    ours = measure(metric, y, challenger.prediction, challenger.score, classes)
    theirs = measure(metric, y, champion.prediction, champion.score, classes)
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0

    def gain(weights: NDArray[np.float64]) -> float:
        return sign * (ours(weights) - theirs(weights))

    block, single = blocks_of(times, len(y))
    difference = gain(np.ones(len(y)))
    margin = _margin(gain, block, confidence, seed)
    blocks = None if single else int(block.max()) + 1
    found = Comparison(metric, difference, difference - margin, difference + margin, confidence, len(y), blocks)
    return asdict(found)


def blocks_of(times: NDArray[np.datetime64] | None, rows: int) -> tuple[NDArray[np.int64], bool]:
    """Return each row's block and whether every row is its own."""
    for unit in ("datetime64[D]", "datetime64[h]"):
        if times is not None:
            found, block = np.unique(times.astype(unit), return_inverse=True)
            if len(found) >= FEWEST_BLOCKS:
                return block.astype(np.int64), False
    return np.arange(rows), True


def _margin(
    gain: Callable[[NDArray[np.float64]], float], block: NDArray[np.int64], confidence: float, seed: int
) -> float:
    count = int(block.max()) + 1 if len(block) else 0
    if count < 2:
        return math.inf
    random = np.random.default_rng(seed)
    chance = np.full(count, 1 / count)
    gains = np.array([gain(random.multinomial(count, chance)[block].astype(float)) for _ in range(REPLICATES)])
    defined = gains[np.isfinite(gains)]
    if len(defined) < REPLICATES / 2:
        return math.inf
    return student_t(count - 1, confidence) * float(defined.std(ddof=1)) * math.sqrt(count / (count - 1))


def student_t(degrees: int, confidence: float) -> float:
    """Return the two-sided quantile of Student's t (Fisher and Cornish's expansion; 0.02 off at 4 degrees).

    >>> round(student_t(6, 0.95), 2), round(student_t(1000, 0.95), 2)
    (2.45, 1.96)
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3
