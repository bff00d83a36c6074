"""Times as every boundary writes them: ISO 8601, UTC, `Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str) -> datetime:
    """Read an ISO time; without an offset it is UTC.

    >>> instant("2013-04-01T00:00:00Z")
    datetime.datetime(2013, 4, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def stamp(time: datetime) -> str:
    """Write a time to the second.

    >>> stamp(instant("2013-04-01"))
    '2013-04-01T00:00:00Z'
    """
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
