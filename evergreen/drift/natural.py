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

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.cells import Cells
from evergreen.drift.chi2 import chi2
from evergreen.drift.ks import ks_distance
from evergreen.drift.psi import Counts, Floats, psi
from evergreen.drift.total_variation import total_variation
from evergreen.drift.windows import Windows

QUANTILES = np.linspace(0, 1, 21)
FEWEST_ROWS = 50  # a window with fewer rows says nothing about variation
KOLMOGOROV_SQUARE = math.pi**2 / 12  # E[K²] of Kolmogorov's distribution


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


def window_null(windows: Windows, cells: Cells, codes: NDArray[np.int64]) -> WindowNull | None:
    """Compare every window of the reference with the rest of it."""
    inside, rest = (cells.compared(count(codes, cells.size)) for count in (windows.counts, windows.others))
    bins = cells.bins(cells.compared(np.bincount(codes, minlength=cells.size)))
    return null_of_counts(inside, rest, bins, ordered=cells.kind == "number", degrees=windows.degrees)


def null_of_counts(
    inside: Counts, rest: Counts, bins: NDArray[np.int64], *, ordered: bool, degrees: int
) -> WindowNull | None:
    """Compare windows with the rest, both counted in cells, of shape (n_windows, n_cells) with missing values last."""
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
    """Sum cells (last axis) into bins, numbered without gaps; of shape (..., n_bins)."""
    order = np.argsort(bins, kind="stable")
    merged: Counts = np.add.reduceat(counts[..., order], np.flatnonzero(np.diff(bins[order], prepend=-1)), axis=-1)
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
