"""Watermark values: in which order they are, and where to look again for rows that came late."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from evergreen.errors import SourceFailed

Value = str | int | float
Key = tuple[str, float | datetime | str]
_TIME = re.compile(r"^\d{4}-\d\d-\d\d(?:(?P<sep>[T ])\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?$")


def as_value(found: object, *, where: str) -> Value:
    """A driver's or an API's value as a watermark keeps it."""
    if isinstance(found, datetime | date):
        return found.isoformat()
    if isinstance(found, Decimal) and found.is_finite() and found in (int(found), Decimal(repr(float(found)))):
        return int(found) if found == int(found) else float(found)
    if isinstance(found, str | int) and not isinstance(found, bool):
        return found
    if isinstance(found, float) and math.isfinite(found):
        return found
    raise SourceFailed(f"{where}: {found!r} is no watermark; it must be a time, a number or a text in every row")


def order(value: Value, *, where: str = "the watermark") -> Key:
    """What values are compared by: times as times whatever their spelling, numbers as numbers, other texts as texts."""
    if not isinstance(value, str):
        return "number", value
    if not _TIME.match(value):
        return "text", value
    try:
        found = datetime.fromisoformat(value)
        return "time", found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise SourceFailed(f"{where}: {value!r} is no time between the years 1 and 9999 in UTC") from error


def less(one: Key, other: Key, *, where: str) -> bool:
    """Whether `one` comes before `other`; SourceFailed when they are of different kinds."""
    if one[0] != other[0]:
        raise SourceFailed(
            f"{where}: a {other[0]} among watermarks that are {one[0]}s so far; they must be of one kind"
        )
    return one[1] < other[1]  # type: ignore[operator]


def earlier(value: Value, lag: timedelta) -> Value:
    """A time that is `lag` before, spelled as it was; numbers, other texts and the first moments of all stay.

    To its last digit: a database that keeps times as texts compares them as texts.

    >>> lag = timedelta(minutes=5)
    >>> earlier("2013-01-01 05:00:00", lag), earlier("2013-01-02", lag), earlier(7, lag)
    ('2013-01-01 04:55:00', '2013-01-01', 7)
    >>> earlier("2013-01-01 05:00", lag), earlier("2013-01-01T05:00:00.50+0200", lag)
    ('2013-01-01 04:55', '2013-01-01T04:55:00.50+0200')
    """
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None or not lag:
        return value
    zone = found["zone"] or ""
    spelled = str(value).removesuffix(zone)
    try:
        moved = datetime.fromisoformat(spelled) - lag
    except OverflowError:
        return value
    size = len(spelled)
    return moved.isoformat(sep=found["sep"] or "T", timespec="microseconds")[:size].ljust(size, "0") + zone
