"""Target encoding: a category becomes the mean target of its rows, shrunk to the overall mean.

value = (Σ y + m · mean) / (n + m), with m = SMOOTHING rows' worth of doubt (Micci-Barreca, 2001).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evergreen.features.blocks import Floats, Lookup
from evergreen.features.values import Column

SMOOTHING = 20.0
FOLDS = 5
FEWEST_ROWS = 2  # a level seen once tells cross-fitting nothing, so it must tell serving nothing


def fit_target_encoding(name: str, column: Column, y: Floats) -> Lookup:
    """Learn the means of all rows: what serving uses."""
    levels, codes = _codes(column)
    count = np.bincount(codes, minlength=len(levels)).astype(float)
    mean = float(y.mean())
    values = (np.bincount(codes, weights=y, minlength=len(levels)) + SMOOTHING * mean) / (count + SMOOTHING)
    kept = {level: value for level, value, n in zip(levels, values.tolist(), count, strict=True) if n >= FEWEST_ROWS}
    missing = kept.pop(None, mean)
    return Lookup(name, "target", {str(level): value for level, value in kept.items()}, mean, missing)


def cross_fitted(column: Column, y: Floats, *, seed: int) -> Floats:
    """Return each row's value as learned from the other folds."""
    levels, codes = _codes(column)
    size = len(levels)
    fold = np.random.default_rng(seed).permutation(len(y)) % FOLDS
    cell = fold * size + codes
    count = np.bincount(cell, minlength=FOLDS * size).reshape(FOLDS, size).astype(float)
    total = np.bincount(cell, weights=y, minlength=FOLDS * size).reshape(FOLDS, size)
    others_count, others_total = count.sum(axis=0) - count, total.sum(axis=0) - total
    mean = others_total.sum(axis=1) / np.maximum(others_count.sum(axis=1), 1)
    values = (others_total + SMOOTHING * mean[:, None]) / (others_count + SMOOTHING)
    return np.asarray(values[fold, codes], dtype=np.float64)


def _codes(column: Column) -> tuple[list[str | None], NDArray[np.int64]]:
    index: dict[str | None, int] = {}
    codes = np.array([index.setdefault(value, len(index)) for value in column.tolist()], dtype=np.int64)
    return list(index), codes
