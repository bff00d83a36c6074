"""Columns that move by construction: times, parts of time, ids. They are reported as excluded, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.table import TableProfile

TIME_PARTS = (
    "second", "minute", "hour", "day", "date", "week", "weekday", "dayofweek", "dayofyear", "month", "quarter", "year",
    "timestamp",
)  # fmt: skip
OF_TIME = ("day_of_week", "day_of_month", "day_of_year", "is_weekend", "is_holiday", "week_of_year")
ID_LIKE = 0.9  # distinct values a row: beyond this a text names its row, and an integer that is called so or is
DENSE = 4  # times as wide a range as there are rows, at most: of random integers in it, 12 % would be repeated
NAMES = ("id", "ids", "key", "uuid", "guid", "pk", "index", "idx", "number", "no")


def excluded(
    reference: TableProfile, current: TableProfile, *, named: Sequence[str] = (), kept: Iterable[str] = ()
) -> dict[str, str]:
    """Return the columns that are not judged, and why; `named` are excluded in any case, `kept` are not if they can be
    compared.
    """
    kept = set(kept)
    reasons: dict[str, str] = {}
    for name, before in reference.columns.items():
        after = current.columns.get(name)
        if name in named:
            reasons[name] = "excluded by name"
        elif after is None:
            reasons[name] = "not in the current data"
        elif reason := _incomparable(before, after) or (None if name in kept else _moving(before)):
            reasons[name] = reason
    reasons |= {name: "not in the reference" for name in current.columns if name not in reference.columns}
    return reasons


def is_time_part(name: str) -> bool:
    """Whether a column's name says that it is a part of time: its last word, or all of it.

    >>> [is_time_part(name) for name in ("month", "pickup_hour", "is_weekend", "monthly_charges", "year_built")]
    [True, True, True, False, False]
    """
    words = _words(name)
    return words[-1] in TIME_PARTS or "_".join(words).endswith(OF_TIME)


def _incomparable(before: ColumnProfile, after: ColumnProfile) -> str | None:
    if before.values == 0:
        return "the reference has no value"
    if after.values and before.kind != after.kind:
        return f"{before.kind} in the reference, {after.kind} in the current data"
    return None


def _moving(before: ColumnProfile) -> str | None:
    if before.kind == "timestamp":
        return "a time: it moves by construction"
    if is_time_part(before.name):
        return "a part of time: it moves by construction"
    if _names_rows(before):
        return "an id: almost every row has its own value"
    return None


def _names_rows(column: ColumnProfile) -> bool:
    if column.kind == "number":
        if not (isinstance(column.min, int) and isinstance(column.max, int)):
            return False
        if column.max - column.min >= DENSE * column.values and _words(column.name)[-1] not in NAMES:
            return False
    elif column.kind != "text":
        return False
    return column.distinct > max(ID_LIKE * column.values, 1)


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()) or [""]
