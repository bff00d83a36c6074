"""The median: between two bounds from a profile, and exact from a look at the rows between them.

It is the middle value, or half the sum of the two middle ones.
"""

from __future__ import annotations

import numpy as np

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.quantiles import Floats
from evergreen.validation.values import Values


def median_ends(column: ColumnProfile) -> tuple[float, float] | None:
    """Between which values the median lies: one value where the quantiles are exact, None without values."""
    quantiles, n = column.quantiles, column.values
    if quantiles is None or not n or not isinstance(column.min, int | float) or not isinstance(column.max, int | float):
        return None
    error = quantiles.rank_error
    places = np.searchsorted(quantiles.ranks, [(n + 1) // 2 - error, n // 2 + 1 + error])
    if not error:
        low, high = quantiles.values[places].tolist()
        return _half(low, high), _half(low, high)
    low = float(quantiles.values[places[0]]) if places[0] else float(column.min)
    return low, float(quantiles.values[places[1]]) if places[1] < len(quantiles.values) else float(column.max)


class Middle:
    """The exact median of numbers that come in stretches, when it is known to lie from `low` to `high`."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low, high
        self._values = self._below = 0
        self._between: list[Floats] = []

    def look(self, values: Values) -> None:
        """The next stretch."""
        found = values.numbers if values.present is None else values.numbers[values.present]
        numbers = found.astype(np.float64, copy=False)
        self._values += len(numbers)
        self._below += int(np.count_nonzero(numbers < self._low))
        self._between.append(numbers[(numbers >= self._low) & (numbers <= self._high)])

    @property
    def median(self) -> float:
        """Of all stretches."""
        ascending = np.sort(np.concatenate(self._between))
        first, second = (self._values - 1) // 2 - self._below, self._values // 2 - self._below
        return _half(float(ascending[first]), float(ascending[second]))


def _half(low: float, high: float) -> float:
    return low / 2 + high / 2 if abs(low) > 1e307 else (low + high) / 2
