"""The reference's own windows: of equal length, sliding over it, each to be compared with the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.psi import Counts
from evergreen.drift.season import Parts, as_in_window

MOST_WINDOWS = 400
FEWEST_WINDOWS = 12  # disjoint ones; their variance is known to a third or so
FEWEST_SLOTS = 5  # with less there is nothing to learn from, and rows count as independent
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Windows:
    """Sliding windows over slots of equal length: rows by slot, the slots in one window, and their parts of
    the season where windows are compared with the same one. `slot` has the shape (n_rows,).
    """

    slot: NDArray[np.int64]
    slots: int
    length: int
    degrees: int
    parts: Parts | None = None

    def counts(self, codes: NDArray[np.int64], size: int) -> Counts:
        """Return each window's counts per cell, of shape (n_windows, size)."""
        return self._counts(self.slot, codes, size)

    def others(self, codes: NDArray[np.int64], size: int) -> Counts:
        """Return for each window the counts of the rows it is compared with, of shape (n_windows, size)."""
        if self.parts is None:
            return np.bincount(codes, minlength=size) - self.counts(codes, size)
        of_row = self.parts.of_row
        return as_in_window(self._part(of_row == part, codes, size) for part in np.unique(of_row))

    def _part(self, held: NDArray[np.bool_], codes: NDArray[np.int64], size: int) -> tuple[Counts, Counts]:
        """One part of the season: each window's rows in it, and the counts of the others."""
        inside = self._counts(self.slot[held], codes[held], size)
        return inside.sum(axis=1), np.bincount(codes[held], minlength=size) - inside

    def _counts(self, slot: NDArray[np.int64], codes: NDArray[np.int64], size: int) -> Counts:
        starts = np.arange(0, self.slots - self.length + 1, max(1, (self.slots - self.length) // MOST_WINDOWS + 1))
        cuts = np.union1d(starts, starts + self.length)
        piece = np.searchsorted(cuts, slot, side="right")
        by_piece = np.bincount(piece * size + codes, minlength=(len(cuts) + 1) * size).reshape(len(cuts) + 1, size)
        before = np.cumsum(by_piece, axis=0)  # each cut
        first, end = np.searchsorted(cuts, starts), np.searchsorted(cuts, starts + self.length)
        return (before[end] - before[first]).astype(np.int64)


def sliding_windows(times: NDArray[np.datetime64], window: timedelta, parts: Parts | None = None) -> Windows | None:
    """Cut the reference into slots of at most a day; None when it spans less than five of them.

    A time without rows that is longer than a window, as beside a date that stands for none, is left out. With
    `parts` of a season, slots of a day begin at midnight, so that each belongs to one.
    """
    seconds = times.astype("datetime64[s]").astype(np.int64)
    wanted = math.ceil(window / DAY)
    width = max(1, int(window.total_seconds() // wanted))
    origin = seconds.min() if parts is None else seconds.min() // _seconds(DAY) * _seconds(DAY)
    used, place = np.unique((seconds - origin) // width, return_inverse=True)
    passed = np.diff(used)
    slot = np.append(0, np.where(passed > wanted, 1, passed).cumsum())[place]
    slots = int(slot.max()) + 1
    if slots < FEWEST_SLOTS:
        return None
    length = max(1, min(wanted, slots // FEWEST_WINDOWS))
    days = max(FEWEST_SLOTS, math.ceil(slots * width / DAY.total_seconds()))
    return Windows(slot, slots, length, degrees=min(slots // length, days) - 1, parts=parts)


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
