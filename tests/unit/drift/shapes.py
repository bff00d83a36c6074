"""Fifty shapes of distribution, each as a reference and a current sample that differ a little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, float], Floats]


def _mixture(low: float, high: float, share: float) -> Draw:
    return lambda r, n, s: np.where(r.random(n) < share + s / 10, r.normal(low, 1, n), r.normal(high + s, 1, n))


CONTINUOUS: dict[str, Draw] = {
    "normal": lambda r, n, s: r.normal(s, 1, n),
    "normal, large offset": lambda r, n, s: r.normal(1e9 + s, 1, n),
    "normal, tiny scale": lambda r, n, s: r.normal(s, 1, n) * 1e-12,
    "normal, huge scale": lambda r, n, s: r.normal(s, 1, n) * 1e200,
    "uniform": lambda r, n, s: r.uniform(0, 1 + s / 4, n),
    "exponential": lambda r, n, s: r.exponential(1 + s, n),
    "lognormal": lambda r, n, s: r.lognormal(s, 0.8, n),
    "lognormal, wide": lambda r, n, s: r.lognormal(s, 3, n),
    "gamma": lambda r, n, s: r.gamma(2 + s, 3, n),
    "gamma, spiky": lambda r, n, s: r.gamma(0.05 + s / 50, 3, n),
    "beta": lambda r, n, s: r.beta(2, 5 - s, n),
    "beta, U": lambda r, n, s: r.beta(0.3, 0.3 + s / 5, n),
    "triangular": lambda r, n, s: r.triangular(-1, s / 2, 2, n),
    "logistic": lambda r, n, s: r.logistic(s, 1, n),
    "Laplace": lambda r, n, s: r.laplace(s, 1, n),
    "Gumbel": lambda r, n, s: r.gumbel(s, 1, n),
    "Weibull": lambda r, n, s: r.weibull(1.5 - s / 3, n),
    "Rayleigh": lambda r, n, s: r.rayleigh(1 + s, n),
    "Student t 3": lambda r, n, s: r.standard_t(3, n) + s,
    "Student t 1.5": lambda r, n, s: r.standard_t(1.5, n) + s,
    "Cauchy": lambda r, n, s: r.standard_cauchy(n) + s,
    "Pareto": lambda r, n, s: r.pareto(1.2 - s / 4, n),
    "power": lambda r, n, s: r.power(3 + s, n),
    "von Mises": lambda r, n, s: r.vonmises(s, 2, n),
    "bimodal": _mixture(-3, 3, 0.5),
    "bimodal, uneven": _mixture(0, 20, 0.95),
    "bimodal, far": _mixture(-1e6, 1e6, 0.3),
    "trimodal": lambda r, n, s: r.choice([-5.0, 0.0, 5.0 + s], n) + r.normal(0, 0.3, n),
    "log-uniform": lambda r, n, s: 10 ** r.uniform(-10, 10 + s, n),
    "sinus of uniform": lambda r, n, s: np.sin(r.uniform(0, 6 + s, n)),
}
TIED: dict[str, Draw] = {
    "constant": lambda r, n, s: np.full(n, 5.0),
    "constant that moves": lambda r, n, s: np.full(n, 5.0 + s),
    "almost constant": lambda r, n, s: np.where(r.random(n) < 1e-4, 6.0, 5.0),
    "two values": lambda r, n, s: (r.random(n) < 0.3 + s / 5).astype(float),
    "rare one": lambda r, n, s: (r.random(n) < 0.01 + s / 50).astype(float),
    "die": lambda r, n, s: r.integers(1, 7, n).astype(float),
    "hours": lambda r, n, s: np.floor(r.normal(13 + s, 4, n)) % 24,
    "Poisson": lambda r, n, s: r.poisson(4 + s, n).astype(float),
    "Poisson, rare": lambda r, n, s: r.poisson(0.05 + s / 20, n).astype(float),
    "binomial": lambda r, n, s: r.binomial(100, 0.3 + s / 50, n).astype(float),
    "geometric": lambda r, n, s: r.geometric(0.2 + s / 20, n).astype(float),
    "negative binomial": lambda r, n, s: r.negative_binomial(3, 0.1 + s / 50, n).astype(float),
    "Zipf": lambda r, n, s: r.zipf(1.8 - s / 5, n).astype(float),
    "rounded money": lambda r, n, s: np.round(r.lognormal(3 + s / 5, 1, n), 2),
    "rounded to tens": lambda r, n, s: np.round(r.normal(100 + 10 * s, 30, n), -1),
    "wide integers": lambda r, n, s: r.integers(0, 1_000_000 + int(50_000 * s), n).astype(float),
    "zero inflated": lambda r, n, s: np.where(r.random(n) < 0.6 - s / 5, 0.0, r.exponential(10, n)),
    "capped": lambda r, n, s: np.minimum(r.exponential(10 + s, n), 15.0),
    "capped on both sides": lambda r, n, s: np.clip(r.normal(s, 1, n), -0.5, 0.5),
    "spikes on a plain": lambda r, n, s: np.where(r.random(n) < 0.3, r.integers(0, 5, n), r.uniform(0, 5 + s, n)),
}
SHAPES = CONTINUOUS | TIED
