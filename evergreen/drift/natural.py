"""Natural variation: how far the reference's own windows stray from the rest of it.

Real rows come in days and weeks that differ, so a window is never an independent sample. Windows of equal length slide
over the reference; each is compared with the rest. Their largest value is a yardstick, and their mean square beyond
what independent rows would show is the natural variation of the statistic. With fewer than `FEWEST_WINDOWS` disjoint
windows of the monitor's length, shorter ones are taken: for a stationary series they vary more, never less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.cells import Cells
from evergreen.drift.chi2 import chi2
from evergreen.drift.ks import ks_distance
from evergreen.drift.psi import Counts, Floats, psi
from evergreen.drift.total_variation import total_variation

QUANTILES = np.linspace(0, 1, 21)
MOST_WINDOWS = 400
FEWEST_WINDOWS = 12  # disjoint ones; their variance is known to a third or so
FEWEST_SLOTS = 5  # with less there is nothing to learn from, and rows count as independent
FEWEST_ROWS = 50  # a window with fewer rows says nothing about variation
KOLMOGOROV_SQUARE = math.pi**2 / 12  # E[K²] of Kolmogorov's distribution
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Natural:
    """One statistic over the reference's windows: quantiles at 0, 5, … 100 %, and the spread beyond chance.

    The spread is a root mean square, in the unit of a distance: D for numbers, sqrt(PSI), sqrt(χ² (1/n + 1/m)) for
    the total variation of categories, a difference of shares for missing values.
    """

    quantiles: tuple[float, ...]
    spread: float

    @property
    def largest(self) -> float:
        """The largest value among the windows."""
        return self.quantiles[-1]


@dataclass(frozen=True)
class WindowNull:
    """Natural variation by statistic, from `windows` sliding windows of which `degrees` + 1 are disjoint."""

    windows: int
    degrees: int
    statistics: Mapping[str, Natural]


@dataclass(frozen=True)
class Windows:
    """Sliding windows over slots of equal length: rows by slot, and the slots in one window."""

    slot: NDArray[np.int64]
    slots: int
    length: int
    degrees: int

    def counts(self, codes: NDArray[np.int64], size: int) -> Counts:
        """Return each window's counts per cell, of shape (n_windows, size)."""
        starts = np.arange(0, self.slots - self.length + 1, max(1, (self.slots - self.length) // MOST_WINDOWS + 1))
        cuts = np.union1d(starts, starts + self.length)
        piece = np.searchsorted(cuts, self.slot, side="right")
        by_piece = np.bincount(piece * size + codes, minlength=(len(cuts) + 1) * size).reshape(len(cuts) + 1, size)
        before = np.cumsum(by_piece, axis=0)  # each cut
        first, end = np.searchsorted(cuts, starts), np.searchsorted(cuts, starts + self.length)
        return (before[end] - before[first]).astype(np.int64)


def sliding_windows(times: NDArray[np.datetime64], window: timedelta) -> Windows | None:
    """Cut the reference into slots of at most a day; None when it spans less than five of them.

    A time without rows that is longer than a window, as beside a date that stands for none, is left out.
    """
    seconds = times.astype("datetime64[s]").astype(np.int64)
    wanted = math.ceil(window / DAY)
    width = max(1, int(window.total_seconds() // wanted))
    used, place = np.unique((seconds - seconds.min()) // width, return_inverse=True)
    passed = np.diff(used)
    slot = np.append(0, np.where(passed > wanted, 1, passed).cumsum())[place]
    slots = int(slot.max()) + 1
    if slots < FEWEST_SLOTS:
        return None
    length = max(1, min(wanted, slots // FEWEST_WINDOWS))
    days = max(FEWEST_SLOTS, math.ceil(slots * width / DAY.total_seconds()))
    return Windows(slot, slots, length, degrees=min(slots // length, days) - 1)


def window_null(windows: Windows, cells: Cells, codes: NDArray[np.int64]) -> WindowNull | None:
    """Compare every window of the reference with the rest of it."""
    total = np.bincount(codes, minlength=cells.size)
    inside = windows.counts(codes, cells.size)
    return null_of_counts(inside, total, cells.bins(total), ordered=cells.kind == "number", degrees=windows.degrees)


def null_of_counts(
    inside: Counts, total: Counts, bins: NDArray[np.int64], *, ordered: bool, degrees: int
) -> WindowNull | None:
    """Compare windows counted in cells, of shape (n_windows, n_cells) with missing values last, with the rest."""
    rest = total - inside
    enough = (inside.sum(axis=1) >= FEWEST_ROWS) & (rest.sum(axis=1) >= FEWEST_ROWS)
    inside, rest = inside[enough], rest[enough]
    if not len(inside):
        return None
    degrees = round((degrees + 1) * enough.mean()) - 1  # windows that are left out tell nothing
    named = {"psi": _psi(merge(rest, bins), merge(inside, bins)), "missing": _missing(rest, inside)}
    if ordered:
        known = (inside[:, :-1].sum(axis=1) >= FEWEST_ROWS) & (rest[:, :-1].sum(axis=1) >= FEWEST_ROWS)
        if known.any():  # a window without values has no distance
            named["ks"] = _ks(rest[known, :-1], inside[known, :-1])
    else:
        named["tv"] = _total_variation(rest, inside)
    return WindowNull(len(inside), degrees, named)


def merge(counts: Counts, bins: NDArray[np.int64]) -> Counts:
    """Sum cells (last axis) into bins, which ascend; of shape (..., n_bins)."""
    merged: Counts = np.add.reduceat(counts, np.flatnonzero(np.diff(bins, prepend=-1)), axis=-1)
    return merged


def _psi(rest: Counts, inside: Counts) -> Natural:
    values = psi(rest, inside)
    return _natural(values, values - _degrees(rest, inside) * _noise(rest, inside))


def _ks(rest: Counts, inside: Counts) -> Natural:
    values = ks_distance(rest, inside)
    return _natural(values, values**2 - KOLMOGOROV_SQUARE * _noise(rest, inside))


def _total_variation(rest: Counts, inside: Counts) -> Natural:
    noise = _noise(rest, inside)
    return _natural(total_variation(rest, inside), (chi2(rest, inside) - _degrees(rest, inside)) * noise)


def _missing(rest: Counts, inside: Counts) -> Natural:
    p, q = (sample[:, -1] / sample.sum(axis=1) for sample in (rest, inside))
    share = (rest[:, -1] + inside[:, -1]) / (rest + inside).sum(axis=1)
    return _natural(np.abs(p - q), (p - q) ** 2 - share * (1 - share) * _noise(rest, inside))


def _noise(rest: Counts, inside: Counts) -> Floats:
    n, m = np.maximum(rest.sum(axis=1), 1), np.maximum(inside.sum(axis=1), 1)
    noise: Floats = 1 / n + 1 / m
    return noise


def _degrees(rest: Counts, inside: Counts) -> int:
    return max(0, int(((rest + inside).sum(axis=0) > 0).sum()) - 1)


def _natural(values: Floats, beyond_chance: Floats) -> Natural:
    quantiles = tuple(round(float(value), 9) for value in np.quantile(values, QUANTILES))
    return Natural(quantiles, round(math.sqrt(max(0.0, float(beyond_chance.mean()))), 9))
