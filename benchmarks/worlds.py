"""Worlds for the calibration: features of independent rows, as counts in a reference's cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from evergreen.drift.cells import Cells
from evergreen.drift.psi import Counts
from evergreen.drift.reference import FeatureReference, Reference

CELLS = 250
REFERENCE_ROWS = 100_000
LEVELS, HOURS = 12, 24
PSI_TILT = 0.3777  # a: half of the deciles hold a more, half a less; PSI = a / 2 ln((1 + a) / (1 - a)) = 0.15

Shares = NDArray[np.float64]


class World:
    """Features of independent rows: of five, three continuous, one of 24 values, one of 12 categories; 1 % missing."""

    def __init__(self, features: int, random: np.random.Generator) -> None:
        self._random = random
        self.shares = [self._draw(at) for at in range(features)]
        kinds = ["category" if at % 5 == 4 else "number" for at in range(features)]
        self.reference = Reference(
            REFERENCE_ROWS,
            tuple(
                FeatureReference(
                    f"x{at:03}",
                    Cells("category", values=tuple(f"v{level}" for level in range(LEVELS)))
                    if kind == "category"
                    else Cells("number", edges=tuple(np.arange(len(shares) - 2.0))),
                    random.multinomial(REFERENCE_ROWS, shares),
                )
                for at, (kind, shares) in enumerate(zip(kinds, self.shares, strict=True))
            ),
        )

    def window(self, rows: int, moved: Shares | None = None) -> dict[str, Counts]:
        """The counts of one window; the first feature has the shares `moved`."""
        shares = self.shares if moved is None else [moved, *self.shares[1:]]
        return {
            feature.name: self._random.multinomial(rows, each)
            for feature, each in zip(self.reference.features, shares, strict=True)
        }

    def _draw(self, at: int) -> Shares:
        if at % 5 == 4:
            known = np.append(1 / np.arange(1, LEVELS + 1), 0.0)
        elif at % 5 == 3:
            known = self._random.dirichlet(np.full(HOURS, 2.0))
        else:
            known = np.full(CELLS, 1.0)
        return np.append(known / known.sum() * 0.99, 0.01)


def normal_shift(shift: float) -> Shares:
    """The shares of quantile cells after a mean shift in standard deviations."""
    edges = norm.ppf(np.linspace(0, 1, CELLS + 1))
    return np.append(np.diff(norm.cdf(edges - shift)) * 0.99, 0.01)


def tilted() -> Shares:
    """The shares of quantile cells at a PSI of 0.15: every other decile holds more."""
    decile = np.arange(CELLS) * 10 // CELLS
    known = np.where(decile % 2 == 0, 1 + PSI_TILT, 1 - PSI_TILT)
    return np.append(known / known.sum() * 0.99, 0.01)
