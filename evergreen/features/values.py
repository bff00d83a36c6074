"""Columns as the encoder takes them.

number     float64, NaN for missing
boolean    float64 of 0 and 1, NaN for missing
category   objects, text or None
timestamp  float64 seconds since 1970 (UTC), NaN for missing
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evergreen.errors import InvalidRequest

ColumnType = Literal["number", "category", "boolean", "timestamp", "id"]
Column = NDArray[Any]
Row = Mapping[str, Any]

MISSING = type(None)
ACCEPTED: dict[str, tuple[frozenset[type], str]] = {
    "number": (frozenset({int, float, MISSING}), "must be a number"),
    "boolean": (frozenset({bool, MISSING}), "must be true or false"),
    "category": (frozenset({str, int, bool, float, MISSING}), "must be a string, an integer or a boolean"),
    "timestamp": (frozenset({str, MISSING}), "must be an ISO-8601 time such as 2013-04-01T05:15:00Z"),
}


@dataclass(frozen=True)
class Field:
    """One field of a request row."""

    name: str
    type: ColumnType
    nullable: bool = False
    required: bool = True
    allowed: tuple[Any, ...] | None = None
    min: float | None = None
    max: float | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Field:
        """Read what `to_json` wrote."""
        allowed = raw.get("allowed")
        return cls(
            name=raw["name"],
            type=raw["type"],
            nullable=raw.get("nullable", False),
            required=raw.get("required", True),
            allowed=None if allowed is None else tuple(allowed),
            min=raw.get("min"),
            max=raw.get("max"),
        )

    def to_json(self) -> dict[str, Any]:
        """The field as contract.json has it."""
        return {**vars(self), "allowed": None if self.allowed is None else list(self.allowed)}


def columns_of(rows: Sequence[Row], fields: Sequence[Field]) -> dict[str, Column]:
    """Turn request rows into columns; InvalidRequest names the first field that does not fit."""
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _refused(f"rows[{index}]", "must be an object")
    return {field.name: _column(rows, field) for field in fields}


def text(value: Any) -> str | None:
    """Return a category's text: `True` is `true`, `3.0` is `3`, None and NaN are missing.

    >>> [text(value) for value in ("AA", True, 3.0, 7, None)]
    ['AA', 'true', '3', '7', None]
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return None if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def seconds(value: str | None) -> float:
    """Return an ISO time as seconds since 1970; without an offset it is UTC.

    >>> seconds("1970-01-02T00:00:00Z"), seconds("1970-01-01 00:01")
    (86400.0, 60.0)
    """
    if value is None:
        return math.nan
    time = datetime.fromisoformat(value)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _column(rows: Sequence[Row], field: Field) -> Column:
    values = [row.get(field.name) for row in rows]
    accepted, sentence = ACCEPTED[field.type]
    found = set(map(type, values))
    if not found <= accepted:
        raise _refused(_place(values, field, lambda value: type(value) not in accepted), sentence)
    if MISSING in found and not field.nullable:
        place = _place(values, field, lambda value: value is None)
        absent = any(field.name not in row for row in rows)
        raise _refused(place, "is required" if absent else "must not be null")
    try:
        return _converted(values, field.type)
    except (ValueError, OverflowError) as error:
        raise _refused(field.name, sentence) from error


def _converted(values: list[Any], kind: ColumnType) -> Column:
    if kind == "category":
        column = np.empty(len(values), dtype=object)
        column[:] = [value if type(value) is str else text(value) for value in values]
        return column
    if kind == "timestamp":
        return np.array([seconds(value) for value in values], dtype=np.float64)
    return np.array(values, dtype=np.float64)


def _place(values: list[Any], field: Field, wrong: Any) -> str:
    return f"rows[{next(row for row, value in enumerate(values) if wrong(value))}].{field.name}"


def _refused(place: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{place} {problem}.", [{"field": place, "problem": problem}])
