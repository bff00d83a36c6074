"""Times as a profile spells them: ISO 8601 in UTC, and in microseconds since 1970 where a year has not four digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEYOND = " µs since 1970"


def iso(microseconds: int) -> str:
    """The time so many microseconds after 1970.

    >>> iso(0), iso(1_500_000), iso(10**18)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500000Z', '1000000000000000000 µs since 1970')
    """
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return f"{microseconds}{_BEYOND}"
    return moment.isoformat().replace("+00:00", "Z")


def since_epoch(spelt: str) -> int:
    """The microseconds that `iso` spelt: times in this order, their spellings are not.

    >>> [since_epoch(iso(microseconds)) for microseconds in (-1, 1_500_000, 10**18)]
    [-1, 1500000, 1000000000000000000]
    """
    number, beyond, _ = spelt.partition(_BEYOND)
    return int(number) if beyond else (datetime.fromisoformat(spelt) - _EPOCH) // timedelta(microseconds=1)
