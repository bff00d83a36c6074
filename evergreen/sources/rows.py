"""Rows of a source as lines of JSON, as they were sent; a row's hash is that of its one canonical spelling."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from evergreen.data.canonical import digest
from evergreen.errors import SourceFailed

Plain = dict[str, Any]


def plain(row: Mapping[str, Any], *, where: str) -> Plain:
    """The row in values of JSON; SourceFailed names the column of one that has no place there.

    >>> plain({"b": Decimal("1.50"), "a": date(2013, 1, 1)}, where="row 1")
    {'b': 1.5, 'a': '2013-01-01'}
    """
    return {unbroken(str(name), where=where): _plain(value, f"{where}, {name}") for name, value in row.items()}


def line_of(row: Plain) -> bytes:
    """One line of JSON Lines, its columns in the row's order.

    >>> line_of({"b": 1.5, "a": None})
    b'{"b":1.5,"a":null}'
    """
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def row_hash(row: Plain) -> str:
    """Enough of a hash to know a row again, whatever the order of its columns and the spelling of its numbers.

    A column without a value is as good as absent: one that is added later changes no earlier row.

    >>> row_hash({"a": 1, "b": 2.0}) == row_hash({"b": 2, "a": 1.0, "c": None})
    True
    """
    return digest({name: _one_spelling(value) for name, value in row.items() if value is not None})[:32]


def unbroken(text: str, *, where: str) -> str:
    """The text; SourceFailed when it cannot be written as UTF-8, which JSON's escapes allow."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SourceFailed(f"{where}: holds half a character (a lone surrogate); mend it in the source") from None
    return text


def _one_spelling(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, str):
        return unbroken(value, where=where)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _finite(value, where)
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else _finite(float(value), where)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _in_utc(value, where).isoformat()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, UUID):
        return str(value)
    raise SourceFailed(f"{where}: a {type(value).__name__} is no value of a table; select or convert its parts")


def _in_utc(value: datetime, where: str) -> datetime:
    """One moment has one spelling, whatever the zone of the session that read it."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise SourceFailed(f"{where}: {value} is no time between the years 1 and 9999 in UTC") from None


def _finite(value: float, where: str) -> float | None:
    """NaN is a missing value; an infinity has no place in JSON."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise SourceFailed(f"{where}: holds an infinity; select a number or null instead")
    return value
