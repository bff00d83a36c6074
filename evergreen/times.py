"""Times as every boundary writes them: ISO 8601, UTC, `Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str) -> datetime:
    """Read an ISO time; without an offset it is UTC. ValueError for what is none, or not within the years 1 to 9999.

    >>> instant("2013-04-01T00:00:00Z")
    datetime.datetime(2013, 4, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is not within the years 1 to 9999 in UTC") from error


def stamp(time: datetime) -> str:
    """Write a time to the second.

    >>> stamp(instant("2013-04-01"))
    '2013-04-01T00:00:00Z'
    """
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
