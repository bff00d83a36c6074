"""Metrics of how well scores rank the rows. Rows are sorted once; each set of weights then costs one pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Measure = Callable[[Floats], float]


def binary_auc(positive: NDArray[np.bool_], score: Floats) -> Measure:
    """P(score of a positive > score of a negative) + P(equal) / 2, in [0, 1]; 0.5 is chance.

    >>> binary_auc(np.array([False, True, True]), np.array([0.2, 0.2, 0.9]))(np.ones(3))
    0.75
    """
    if np.isnan(score).any():
        return lambda _: math.nan
    levels, level = np.unique(score, return_inverse=True)

    def evaluate(weights: Floats) -> float:
        above = np.bincount(level, weights=weights * positive, minlength=len(levels))
        below = np.bincount(level, weights=weights * ~positive, minlength=len(levels))
        pairs = above.sum() * below.sum()
        wins = above @ (np.cumsum(below) - below / 2)
        return float(wins / pairs) if pairs > 0 else math.nan

    return evaluate


def average_auc(one_versus_rest: Sequence[Measure]) -> Measure:
    """The mean over classes; NaN when a class, or its rest, is absent."""
    return lambda weights: float(np.mean([auc(weights) for auc in one_versus_rest]))


def best_precision(positive: NDArray[np.bool_], score: Floats, recall: float) -> Measure:
    """The best precision of any threshold whose recall is at least `recall`."""
    if np.isnan(score).any():
        return lambda _: math.nan
    levels, level = np.unique(-score, return_inverse=True)

    def evaluate(weights: Floats) -> float:
        hits = np.cumsum(np.bincount(level, weights=weights * positive, minlength=len(levels)))
        told = np.cumsum(np.bincount(level, weights=weights, minlength=len(levels)))
        if not len(hits) or hits[-1] <= 0:
            return math.nan
        enough = (hits / hits[-1] >= recall) & (told > 0)
        return float(np.max(hits[enough] / told[enough]))

    return evaluate


def best_f1_threshold(positive: NDArray[np.bool_], score: Floats) -> float:
    """The threshold with the best F1, half-way between two scores; 0.5 where F1 is undefined.

    >>> best_f1_threshold(np.array([False, False, True]), np.array([0.1, 0.3, 0.4]))
    0.35
    """
    if not positive.any() or positive.all():
        return 0.5
    levels, level = np.unique(-score, return_inverse=True)
    hits = np.cumsum(np.bincount(level, weights=positive))
    told = np.cumsum(np.bincount(level))
    best = int(np.argmax(2 * hits / (told + hits[-1])))
    last = -levels[best]
    following = -levels[best + 1] if best + 1 < len(levels) else last
    return float((last + following) / 2)
