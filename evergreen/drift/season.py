"""Seasons: parts of a year, a week or a day that come again, so that a July is compared with Julys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.psi import Counts, Floats

Season = Literal["year", "week", "day"]

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
NAMES: dict[Season, tuple[str, ...]] = {
    "year": tuple(_MONTHS.split(" ")),
    "week": tuple(_DAYS.split(" ")),
    "day": tuple(f"{hour} h" for hour in range(24)),
}
KNOWN = 0.98  # of a window's rows whose part of the season the reference must hold
_THURSDAY = 3  # 1970-01-01
_NAMED = 0.01  # of a window's rows in a part that is worth its name


@dataclass(frozen=True)
class Parts:
    """The part of the season of each of a table's rows, of shape (n_rows,), and how many parts there are."""

    of_row: NDArray[np.int64]
    size: int

    @classmethod
    def of(cls, times: NDArray[np.datetime64], season: Season) -> Parts:
        """Those of some times, of shape (n_rows,)."""
        return cls(parts_of(times, season), len(NAMES[season]))

    def counts(self, codes: NDArray[np.int64], cells: int) -> Counts:
        """Return the counts per cell of each part's rows, of shape (n_parts, n_cells)."""
        counts = np.bincount(self.of_row * cells + codes, minlength=self.size * cells)
        return counts.reshape(self.size, cells).astype(np.int64)


def parts_of(times: NDArray[np.datetime64], season: Season) -> NDArray[np.int64]:
    """Return each time's part of the season in UTC, of shape (n_rows,): its month, weekday or hour, from 0.

    >>> parts_of(np.array(["2013-07-04T09:30"], dtype="datetime64[us]"), "week").tolist()  # a Thursday
    [3]
    """
    if season == "year":
        return times.astype("datetime64[M]").astype(np.int64) % 12
    if season == "week":
        return (times.astype("datetime64[D]").astype(np.int64) + _THURSDAY) % 7
    return times.astype("datetime64[h]").astype(np.int64) % 24


def parts_of_hours(first: datetime, hours: int, season: Season) -> NDArray[np.int64]:
    """Return the part of each of some hours in a row, of shape (hours,)."""
    start = np.datetime64(first.replace(tzinfo=None), "h")
    return parts_of(start + np.arange(hours), season)


def as_in_window(parts: Iterable[tuple[Any, Counts]]) -> Counts:
    """Return counts of the reference as if its rows were spread over the season as the window's are.

    For each part: the window's rows, of shape (...), and the reference's counts, of shape (..., n_cells). A cell's
    share is the mean of its shares by part, weighted by the window's rows: direct standardisation. The result adds up
    to Kish's effective number of rows, 1 / sum of (weight² / rows of the part), so that tests see what the weighting
    costs (Kish, Survey Sampling, 1965); it is 0 when the reference has no rows of more than 2 % of the window's.

    >>> as_in_window([(30, np.array([90, 10])), (10, np.array([20, 80]))]).tolist()  # 0.75 * 0.9 + 0.25 * 0.2 = 0.725
    [116, 44]
    """
    rows: Any = 0.0
    known: Any = 0.0
    variance: Any = 0.0
    shares: Any = 0.0
    for inside, counts in parts:
        held = counts.sum(axis=-1)
        weight = np.where(held > 0, inside, 0) / np.maximum(held, 1)
        rows, known = rows + inside, known + np.where(held > 0, inside, 0)
        variance = variance + weight * weight * held
        shares = shares + weight[..., None] * counts
    enough = known >= KNOWN * np.maximum(rows, 1)
    effective = np.where(enough, known**2 / np.where(variance > 0, variance, 1), 0.0)
    running: Floats = np.cumsum(shares, axis=-1) * (effective / np.where(known > 0, known, 1))[..., None]
    return np.diff(np.rint(running), axis=-1, prepend=0.0).astype(np.int64)


def spoken(rows: NDArray[np.int64], season: Season) -> str:
    """Name the parts that hold rows, of shape (n_parts,).

    >>> spoken(np.array([0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0]), "year")
    'June and July'
    >>> spoken(np.array([9, 9, 0, 0, 9, 9, 9]), "week")
    'Friday to Tuesday'
    """
    names = NAMES[season]
    held = rows > _NAMED * max(int(rows.sum()), 1)
    starts = np.flatnonzero(held & ~np.roll(held, 1))
    if len(starts) == 1 and held.sum() > 2:
        return f"{names[starts[0]]} to {names[(starts[0] + int(held.sum()) - 1) % len(names)]}"
    found = [names[at] for at in np.flatnonzero(held)]
    return " and ".join(part for part in (", ".join(found[:-1]), *found[-1:]) if part)
