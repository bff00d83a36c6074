"""Calendar parts of a time, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEFAULT_PARTS = ("hour", "day_of_week", "is_weekend")
_DAY = 86_400
_HOUR = 3_600
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
_SATURDAY = 5


def time_parts(times: Floats, parts: Sequence[str]) -> Floats:
    """Return one column per part, of shape (n_rows, n_parts); NaN where the time is missing.

    >>> time_parts(np.array([1357041600.0]), ["hour", "day_of_week", "day_of_month", "month", "is_weekend"])
    array([[12.,  1.,  1.,  1.,  0.]])
    """
    known = np.isfinite(times)
    whole = np.where(known, times, 0.0)
    days = np.floor(whole / _DAY)
    result = np.column_stack([_part(part, whole, days) for part in parts])
    result[~known] = np.nan
    return result


def _part(part: str, times: Floats, days: Floats) -> NDArray[Any]:
    weekday = np.mod(days + _EPOCH_WEEKDAY, 7)
    if part == "hour":
        return np.asarray(np.floor((times - days * _DAY) / _HOUR))
    if part == "day_of_week":
        return np.asarray(weekday)
    if part == "is_weekend":
        return (weekday >= _SATURDAY).astype(np.float64)
    dates = days.astype(np.int64).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    if part == "month":
        return np.asarray(months.astype(np.int64) % 12 + 1.0)
    if part == "day_of_month":
        return np.asarray((dates - months).astype(np.int64) + 1.0)
    raise KeyError(part)
