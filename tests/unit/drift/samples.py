"""Columns and references that the drift tests share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from evergreen.drift.reference import Reference, build_reference

WEEK = timedelta(days=7)
DAY = np.timedelta64(1, "D")
START = np.datetime64("2013-01-01T00:00:00", "ns")


def normal_columns(random: np.random.Generator, rows: int, features: int, shift: float = 0.0) -> dict[str, Any]:
    """Independent standard normal columns, moved by `shift` standard deviations."""
    return {f"x{index}": random.normal(shift, 1.0, rows) for index in range(features)}


def categories(random: np.random.Generator, rows: int, shares: list[float]) -> Any:
    """One column of categories with these shares."""
    return random.choice(np.array(["AA", "B6", "DL", "UA"], dtype=object), size=rows, p=shares)


def reference_of(columns: dict[str, Any], kinds: dict[str, Any] | None = None, **rest: Any) -> Reference:
    """The reference of some columns, numbers unless said otherwise."""
    kinds = kinds or dict.fromkeys(columns, "number")
    built = build_reference(columns, kinds, rest.get("scores"), rest.get("times"), rest.get("window", WEEK))
    return Reference.from_json(built)


def daily_times(days: int, per_day: int) -> Any:
    """`per_day` rows on each of `days` days."""
    return np.repeat(START + np.arange(days) * DAY, per_day)
