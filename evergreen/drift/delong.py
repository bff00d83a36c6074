"""The area under the ROC curve of two samples of scores, with its variance and interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from evergreen.drift.psi import Floats

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Auc:
    """P(a current score is above a reference score), ties counting half: 0.5 when they are alike, 1 when all are.

    `pairs` is the number of rows of the smaller sample: so many pairs of rows share none.
    """

    value: float
    variance: float
    pairs: int

    def interval(self, tail: float) -> tuple[float, float]:
        """Return bounds that the area is beyond with a probability of `tail` each.

        The logit of the area is taken for normal, so both are within (0, 1). Samples that do not overlap show no
        variance: `pairs` independent pairs were all in order, which at the bound has the probability `tail`.
        """
        if self.value in (0.0, 1.0):
            bound = tail ** (1 / self.pairs)
            return (bound, 1.0) if self.value else (0.0, 1 - bound)
        reach = -_NORMAL.inv_cdf(tail) * self._deviation
        low, high = (1 / (1 + math.exp(-(self._logit + sign * reach))) for sign in (-1, 1))
        return low, high

    @property
    def p(self) -> float:
        """P(an area as large | the samples are alike): below `tail` where the interval's lower bound exceeds 0.5."""
        if self.value in (0.0, 1.0):
            return 0.5**self.pairs if self.value else 1.0
        if not self.variance:
            return float(self.value <= 0.5)
        return math.erfc(self._logit / self._deviation / math.sqrt(2)) / 2

    @property
    def _logit(self) -> float:
        return math.log(self.value / (1 - self.value))

    @property
    def _deviation(self) -> float:
        """Of the logit."""
        return math.sqrt(self.variance) / (self.value * (1 - self.value))


def delong(reference: ArrayLike, current: ArrayLike) -> Auc:
    """Return the area for `reference` of shape (n,) and `current` of shape (m,), two scores or more each.

    With V(x) the share of the other sample that a score x is in order with, the area is the mean of V, and its variance
    var V(current) / m + var V(reference) / n. Ranks give all V in O((n + m) log(n + m)).
    Source: DeLong, DeLong and Clarke-Pearson (1988); Sun and Xu, Fast implementation of DeLong's algorithm (2014).

    >>> area = delong([1.0, 2.0, 3.0, 4.0], [2.5, 3.5, 4.5, 5.5])
    >>> round(area.value, 4), round(area.variance, 4), [round(bound, 2) for bound in area.interval(0.025)]
    (0.8125, 0.0286, [0.33, 0.97])
    """
    before, after = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    n, m = len(before), len(after)
    ranks = midranks(np.concatenate([before, after]))
    above = (ranks[n:] - midranks(after)) / n
    below = 1 - (ranks[:n] - midranks(before)) / m
    variance = float(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return Auc(float(above.mean()), variance, min(n, m))


def midranks(values: Floats) -> Floats:
    """Return each value's rank from 1, equal values sharing the middle of theirs.

    >>> midranks(np.array([7.0, 5.0, 7.0, 9.0])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks
