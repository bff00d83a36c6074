"""Histograms as inline SVG: what every page draws them with."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np

from evergreen.drift.psi import Floats
from evergreen.drift.steps import Steps

TAIL = 0.005  # of each side is left to the outer bars, so that an outlier does not flatten the rest


def range_of(*sides: Steps) -> tuple[float, float]:
    """Where nearly all values lie."""
    return min(float(side.quantile(TAIL)) for side in sides), max(float(side.quantile(1 - TAIL)) for side in sides)


def edges_of(low: float, high: float, *sides: Steps, bars: int) -> Floats:
    """Bins between the few distinct values there are, or of equal width."""
    values = reduce(np.union1d, (side.values for side in sides))
    values = values[(values >= low) & (values <= high)]
    if len(values) <= bars:
        gaps = np.diff(values)
        step = float(gaps.min()) if len(gaps) else 1.0
        if (high - low) / step <= 2 * bars:
            with np.errstate(over="ignore"):
                return low + step * (np.arange(math.ceil((high - low) / step - 0.5) + 2, dtype=np.float64) - 0.5)
    return np.linspace(low, high, bars + 1)


def heights_of(side: Steps, edges: Floats) -> Floats:
    """The share of the rows in each bin; the outer ones hold what lies beyond them."""
    at = side.at(edges)
    at[0], at[-1] = 0.0, 1.0 if side.rows else 0.0
    heights: Floats = np.diff(at)
    return heights


def bars_of(heights: Floats, width: float, base: float, *, room: float, paint: str) -> str:
    """A bar of up to `room` high for each height of up to 1, standing on `base`."""
    return "".join(
        f'<rect x="{at * width:.1f}" y="{base - h * room:.1f}" width="{max(width - 1, 0.5):.1f}" '
        f'height="{h * room:.1f}" {paint}/>'
        for at, h in enumerate(heights)
        if h > 0
    )
