"""Natural variation: how far the reference's own windows stray from the rest of it.

Real rows come in days and weeks that differ, so a window is never an independent sample. Windows of the monitor's
length slide over the reference; each is compared with the rest. Their statistics are the yardstick of a verdict, and
their mean against the independent-rows expectation is the design effect (Kish, Survey Sampling, 1965): how many rows
count as one.
"""

from __future__ import annotations

import math
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
FEWEST_ROWS = 50  # a window with fewer rows says nothing about variation
KOLMOGOROV_SQUARE = math.pi**2 / 12  # E[K²] of Kolmogorov's distribution


@dataclass(frozen=True)
class WindowNull:
    """The statistics of the reference's own windows: quantiles at 0, 5, … 100 %, and design effects (>= 1)."""

    windows: int
    psi: tuple[float, ...]
    distance: tuple[float, ...]
    psi_effect: float
    distance_effect: float


@dataclass(frozen=True)
class Windows:
    """Sliding windows over slots of equal length: rows by slot, and the slots in one window."""

    slot: NDArray[np.int64]
    slots: int
    length: int

    def counts(self, codes: NDArray[np.int64], size: int) -> Counts:
        """Return each window's counts per cell, of shape (n_windows, size)."""
        by_slot = np.bincount(self.slot * size + codes, minlength=self.slots * size).reshape(self.slots, size)
        sums = np.vstack([np.zeros((1, size), dtype=np.int64), np.cumsum(by_slot, axis=0)])
        step = max(1, math.ceil((self.slots - self.length + 1) / MOST_WINDOWS))
        return (sums[self.length :] - sums[: -self.length])[::step].astype(np.int64)


def sliding_windows(times: NDArray[np.datetime64], window: timedelta) -> Windows | None:
    """Cut the reference into slots of at most a day; None when it is shorter than two windows."""
    length = math.ceil(window / timedelta(days=1))
    seconds = times.astype("datetime64[s]").astype(np.int64)
    width = max(1, int(window.total_seconds() // length))
    slot = (seconds - seconds.min()) // width
    slots = int(slot.max()) + 1
    return Windows(slot, slots, length) if slots >= 2 * length else None


def window_null(windows: Windows, cells: Cells, codes: NDArray[np.int64]) -> WindowNull | None:
    """Compare every window of the reference with the rest of it."""
    inside = windows.counts(codes, cells.size)
    total = np.bincount(codes, minlength=cells.size)
    inside = inside[(inside.sum(axis=1) >= FEWEST_ROWS) & (total.sum() - inside.sum(axis=1) >= FEWEST_ROWS)]
    if not len(inside):
        return None
    rest = total - inside
    bins = cells.bins(total)
    rest_bins, inside_bins = merge(rest, bins), merge(inside, bins)
    moved = psi(rest_bins, inside_bins)
    distance, effect = _distance(cells, rest, inside)
    return WindowNull(
        windows=len(inside),
        psi=_quantiles(moved),
        distance=_quantiles(distance),
        psi_effect=_chi2_effect(rest_bins, inside_bins),
        distance_effect=effect,
    )


def merge(counts: Counts, bins: NDArray[np.int64]) -> Counts:
    """Sum cells (last axis) into bins."""
    merged = np.zeros((*counts.shape[:-1], int(bins.max()) + 1), dtype=np.int64)
    for cell, target in enumerate(bins):
        merged[..., target] += counts[..., cell]
    return merged


def _distance(cells: Cells, rest: Counts, inside: Counts) -> tuple[Floats, float]:
    if cells.kind != "number":
        return total_variation(rest, inside), _chi2_effect(rest, inside)
    distance = ks_distance(rest[:, :-1], inside[:, :-1])
    n, m = rest[:, :-1].sum(axis=1), inside[:, :-1].sum(axis=1)
    return distance, max(1.0, float(np.mean(n * m / np.maximum(n + m, 1) * distance**2)) / KOLMOGOROV_SQUARE)


def _chi2_effect(rest: Counts, inside: Counts) -> float:
    degrees = int(((rest + inside).sum(axis=0) > 0).sum()) - 1
    return max(1.0, float(np.mean(chi2(rest, inside))) / degrees) if degrees > 0 else 1.0


def _quantiles(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 9) for value in np.quantile(values, QUANTILES))
