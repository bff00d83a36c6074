"""Wasserstein distance between two samples of numbers."""

from __future__ import annotations

import numpy as np

from evergreen.drift.steps import Gaps


def wasserstein(found: Gaps) -> float:
    """Return the integral of |F - G|: how far an average value has to move to make one distribution the other.

    In the column's unit, from 0 (equal) without bound; a shift by d of every value gives d. Wrong by at
    most the sum over both sides of their error times the range of their values.
    Not finite where doubles do not reach.
    Source: Vallender (1974), Calculation of the Wasserstein distance between distributions on the line.

    >>> from evergreen.drift.steps import from_sample, gaps
    >>> wasserstein(gaps(from_sample([0.0, 1.0, 3.0]), from_sample([5.0, 6.0, 8.0])))
    5.0
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(found.apart[:-1] @ np.diff(found.points))
