"""A window's counts from those of its hours: added once, whatever the rows behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.psi import Counts
from evergreen.drift.reference import Reference

MOST = np.iinfo(np.int32).max  # rows of a window


def flatten(reference: Reference, counts: Mapping[str, Counts]) -> NDArray[np.int32]:
    """Return one period's counts as one array of shape (all cells,): the reference's features in order, then the score.

    A feature without counts has no rows in this period. Half as wide as the counts: adding hundreds of periods is as
    fast as memory.
    """
    features = [*reference.features, *([reference.score] if reference.score else [])]
    parts = [counts.get(feature.name, np.zeros(feature.cells.size, dtype=np.int64)) for feature in features]
    return np.concatenate(parts).astype(np.int32)


def window_counts(
    reference: Reference, periods: Sequence[NDArray[np.int32]]
) -> tuple[dict[str, Counts], Counts | None]:
    """Return the sum of flattened periods by feature, and that of the score: what `judge_counts` takes."""
    features = [*reference.features, *([reference.score] if reference.score else [])]
    sizes = [feature.cells.size for feature in features]
    rows = sum(int(period[: sizes[0]].sum()) for period in periods)
    total: NDArray[Any] = np.zeros(sum(sizes), dtype=np.int32 if rows <= MOST else np.int64)
    for period in periods:
        total += period
    split = np.split(total.astype(np.int64), np.cumsum(sizes)[:-1])
    found = {feature.name: part for feature, part in zip(reference.features, split, strict=False)}
    return found, split[-1] if reference.score else None
