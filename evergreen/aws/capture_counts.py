"""Captured rows as counts in the cells of one reference, kept by day: a window costs its days, not its rows.

`captured/counts/<reference>/<day>.total` holds a day's counts by model version, `….hours` those of its hours. Both say
which parts they were counted from, so a day that gained a part is counted again. They only save work: a window that
begins or ends within an hour counts the rows of those days themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.aws.capture import THREADS, parts_by_day, read_parts
from evergreen.aws.capture_rows import FEATURE, CaptureSchema
from evergreen.aws.objects import Objects
from evergreen.data.canonical import sha256
from evergreen.drift.reference import Reference
from evergreen.drift.season import NAMES, Season, parts_of_hours
from evergreen.drift.tally import HOURS, Tally, added, parts_of, tally

COUNTS = "captured/counts/"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class WindowCounts:
    """One window's counts by model version, each of shape (1 + cells,): its rows, then its cells.

    `parts` are its rows by model version and part of the reference's season, each of shape (n_parts,).
    """

    counts: dict[str, NDArray[np.int64]]
    size: int
    parts: dict[str, NDArray[np.int64]]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows of the window each model version answered."""
        return {version: int(found[0]) for version, found in sorted(self.counts.items()) if found[0]}

    def answered_by(self, versions: Iterable[str]) -> NDArray[np.int64]:
        """The counts of rows that these model versions answered.

        After a promotion inside the window its older rows are the former champion's, and the new one may have learned
        from them; so rows of versions that no longer answer are counted and not judged.
        """
        return _total(self.counts, versions, self.size)

    def in_season(self, reference: Reference, versions: Iterable[str]) -> Reference:
        """The reference as if its rows were spread over its season as those that these model versions answered."""
        size = len(NAMES[reference.season]) if reference.season else 0
        return reference.in_season(_total(self.parts, versions, size))


class Hours(NamedTuple):
    """The counts of hours in a row, from the one that begins at `first`; or of a whole day as one."""

    first: datetime
    tally: Tally


@dataclass(frozen=True)
class CaptureCounts:
    """The counts of one deployment's captured rows; `stored` are the reference's own bytes, which name it."""

    data: Objects
    schema: CaptureSchema
    reference: Reference
    stored: bytes

    def between(self, start: datetime, end: datetime) -> WindowCounts:
        """The counts of the rows whose event time is in [start, end)."""
        days = sorted(parts_by_day(self.data, start, end).items())
        kept = set(self.data.list(self._place)) if days else set()
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda day: self._day(day[0], day[1], start, end, kept), days))
        size = 1 + sum(feature.cells.size for feature in parts_of(self.reference))
        season = self.reference.season
        parts = {} if season is None else _rows_by_part(found, season)
        return WindowCounts(added(self.reference, [hours.tally for hours in found]), size, parts)

    @property
    def _place(self) -> str:
        return f"{COUNTS}{sha256(self.stored)}/"

    def _day(self, day: str, parts: Sequence[str], start: datetime, end: datetime, kept: set[str]) -> Hours:
        begin = datetime.combine(datetime.fromisoformat(day), time(), UTC)
        first, last = max(start, begin), min(end, begin + DAY)
        if (first, last) == (begin, begin + DAY):
            return Hours(begin, self._kept(day, parts, begin, "total", kept))
        hours, end_hours = (_hours(at - begin) for at in (first, last))
        if hours is None or end_hours is None:
            return Hours(begin, self._counted(parts, first, last))
        return Hours(first, self._kept(day, parts, begin, "hours", kept).between(hours, end_hours))

    def _kept(self, day: str, parts: Sequence[str], begin: datetime, kind: str, kept: set[str]) -> Tally:
        of = hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()
        place = f"{self._place}{day}."
        known = Tally.from_bytes(self.data.get(place + kind), of) if place + kind in kept else None
        if known is not None:
            return known
        hours = self._counted(parts, begin, begin + DAY)
        made = {"hours": hours, "total": hours.total()}
        for name, found in made.items():
            self.data.put(place + name, found.to_bytes(of))
        return made[kind]

    def _counted(self, parts: Sequence[str], start: datetime, end: datetime) -> Tally:
        rows = read_parts(self.data, self.schema, parts, start, end)
        return tally(
            self.reference,
            {feature.name: _column(rows, FEATURE + feature.name) for feature in self.reference.features},
            _column(rows, "score"),
            rows["model_version"].to_pylist(),
            pc.hour(rows["event_time"]).to_numpy(),
            HOURS,
        )


def _total(counts: Mapping[str, NDArray[np.int64]], versions: Iterable[str], size: int) -> NDArray[np.int64]:
    found = [counts[version] for version in versions if version in counts]
    total: NDArray[np.int64] = np.sum([np.zeros(size, np.int64), *found], axis=0)
    return total


def _rows_by_part(days: Iterable[Hours], season: Season) -> dict[str, NDArray[np.int64]]:
    total: dict[str, NDArray[np.int64]] = {}
    for first, counted in days:
        for version, counts in counted.counts.items():
            parts = total.setdefault(version, np.zeros(len(NAMES[season]), np.int64))
            np.add.at(parts, parts_of_hours(first, len(counts), season), counts[:, 0])
    return total


def _hours(since: timedelta) -> int | None:
    """Whole hours, None when there is a rest."""
    hours, rest = divmod(since, timedelta(hours=1))
    return None if rest else hours


def _column(table: pa.Table, name: str) -> Any:
    return table[name].to_numpy()
