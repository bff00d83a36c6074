"""Partitions of an S3 prefix by date: which ones are new and complete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DIGITS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d)", "d": r"(?P<d>\d\d)", "H": r"(?P<H>\d\d)"}


@dataclass(frozen=True)
class Listed:
    """One object below the prefix: its key relative to it, and its size."""

    key: str
    size: int


@dataclass(frozen=True)
class Partition:
    """The objects of one period."""

    name: str
    ends: datetime
    objects: tuple[Listed, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(item.size for item in self.objects)


def partition_of(key: str, pattern: str) -> tuple[str, datetime] | None:
    """The name of a key's partition and the end of its period, or None for a key outside any.

    >>> partition_of("year=2013/month=01/day=31/a.csv", "year=%Y/month=%m/day=%d")
    ('year=2013/month=01/day=31', datetime.datetime(2013, 2, 1, 0, 0, tzinfo=datetime.timezone.utc))
    """
    parts = re.split(r"%([YmdH])", pattern.rstrip("/"))
    text = "".join(_DIGITS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
    found = re.match(text + "/", key)
    if found is None:
        return None
    numbers = {name: int(value) for name, value in found.groupdict().items()}
    try:
        start = datetime(numbers["Y"], numbers.get("m", 1), numbers.get("d", 1), numbers.get("H", 0), tzinfo=UTC)
        return found[0].rstrip("/"), _end(start, numbers)
    except (ValueError, OverflowError):  # no date, or one whose period ends beyond the year 9999
        return None


def new_partitions(
    listed: Iterable[Listed], pattern: str, *, after: str | None, as_of: datetime, lag: timedelta
) -> list[Partition]:
    """Partitions later than `after` whose period ended at least `lag` ago, the oldest first."""
    found: dict[tuple[str, datetime], list[Listed]] = {}
    for item in listed:
        place = partition_of(item.key, pattern)
        if (
            place is not None
            and (after is None or place[0] > after)
            and not _hidden(item.key.removeprefix(place[0]))
            and item.size
        ):
            found.setdefault(place, []).append(item)
    complete = [(name, ends) for name, ends in found if ends <= as_of - lag]
    return [Partition(name, ends, tuple(found[name, ends])) for name, ends in sorted(complete)]


def taken_together(partitions: Sequence[Partition], *, most: int) -> list[Partition]:
    """As many of the oldest as one batch may hold; one that is larger comes alone."""
    taken: list[Partition] = []
    size = 0
    for partition in partitions:
        size += partition.size
        if taken and size > most:
            break
        taken.append(partition)
    return taken


def _end(start: datetime, numbers: dict[str, int]) -> datetime:
    if "H" in numbers:
        return start + timedelta(hours=1)
    if "d" in numbers:
        return start + timedelta(days=1)
    months = 1 if "m" in numbers else 12
    return start.replace(year=start.year + (start.month - 1 + months) // 12, month=(start.month - 1 + months) % 12 + 1)


def _hidden(key: str) -> bool:
    """Markers and what Spark leaves beside its files, or keeps in folders of its own until they are complete."""
    return any(part.startswith((".", "_")) for part in key.split("/"))
