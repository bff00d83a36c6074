"""The p-value of a distance when windows differ by nature as well as by chance."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

MOST_DEGREES = 200  # beyond this Student's distribution is the normal one for our purpose
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


def predictive_p_value(distance: float, noise_tail: Callable[[float], float], *, spread: float, degrees: int) -> float:
    """Return P(sqrt(noise² + (spread T)²) >= distance), T of Student's distribution with `degrees` of freedom.

    `noise_tail(x)` is P(noise >= x) for independent rows. `spread` is the root mean square of the reference's own
    windows beyond that noise, in the unit of `distance`, estimated from `degrees` + 1 disjoint windows. Squares add on
    average, and a normal shift common to all rows of a window has the heaviest tail of all ways to vary with a given
    mean square; its size is estimated, hence Student's distribution. The integral is over u, T = sqrt(degrees) tan(u).

    >>> round(predictive_p_value(2.0, lambda x: float(x <= 0), spread=1.0, degrees=10), 4)  # P(|T| >= 2)
    0.0734
    """
    if spread <= 0:
        return noise_tail(distance)
    degrees = max(1, min(degrees, MOST_DEGREES))
    scale = spread * math.sqrt(degrees)
    split = math.atan(distance / scale)
    constant = 2 * math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(math.pi)

    def integral(low: float, high: float, tail: Callable[[float], float]) -> float:
        u = (high - low) / 2 * _NODES + (high + low) / 2
        tails = np.array([tail(math.sqrt(max(0.0, distance**2 - (scale * math.tan(each)) ** 2))) for each in u])
        return float((_WEIGHTS * np.cos(u) ** (degrees - 1) * tails).sum()) * (high - low) / 2

    both = integral(0.0, split, noise_tail) + integral(split, math.pi / 2, lambda _: 1.0)
    return min(1.0, constant * both)
