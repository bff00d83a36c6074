"""Rows of a source as lines of JSON: one spelling a row, so that the same row has the same hash whoever sends it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from evergreen.errors import SourceFailed


def line_of(row: Mapping[str, Any], *, where: str) -> bytes:
    """One line of JSON Lines.

    >>> line_of({"b": Decimal("1.50"), "a": date(2013, 1, 1)}, where="row 1")
    b'{"b":1.5,"a":"2013-01-01"}'
    """
    plain = {str(name): _plain(value, f"{where}, {name}") for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def row_hash(line: bytes) -> str:
    """Enough of a hash to know a row again."""
    return hashlib.sha256(line).hexdigest()[:32]


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _finite(value, where)
    if isinstance(value, Decimal):
        return _finite(float(value), where)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, UUID):
        return str(value)
    raise SourceFailed(f"{where}: a {type(value).__name__} is no value of a table; select or convert its parts")


def _finite(value: float, where: str) -> float | None:
    """NaN is a missing value; an infinity has no place in JSON."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise SourceFailed(f"{where}: holds an infinity; select a number or null instead")
    return value
