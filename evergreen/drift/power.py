"""What a window of this size can see, said in one sentence."""

from __future__ import annotations

import math
from statistics import NormalDist

from evergreen.wording import number_of

_NORMAL = NormalDist()
_POWER = 0.95


def visible_shift(rows: int, reference_rows: int, tests: int, *, alpha: float, threshold: float) -> float:
    """Return the smallest mean shift, in standard deviations, that breaches in 95 % of windows of independent rows.

    The distance D must reach both the threshold and the Kolmogorov critical value at alpha / tests; its sampling
    spread is at most 0.5 / sqrt(m), m = n1 n2 / (n1 + n2). A normal mean shift d has D = 2 Phi(d / 2) - 1.

    >>> round(visible_shift(1000, 50_000, 20, alpha=0.01, threshold=0.1), 2)
    0.32
    """
    root = math.sqrt(rows * reference_rows / (rows + reference_rows))
    critical = math.sqrt(-math.log(alpha / (2 * tests)) / 2) / root
    needed = max(threshold, critical) + _NORMAL.inv_cdf(_POWER) * 0.5 / root
    return 2 * _NORMAL.inv_cdf((1 + needed) / 2) if needed < 1 else math.inf


def power_line(
    rows: int, reference_rows: int, tests: int, *, alpha: float, threshold: float, beyond_natural: bool = False
) -> str:
    """Say what the window sees; `beyond_natural` when days differ by nature and a shift has to exceed that, too.

    >>> power_line(1000, 50_000, 20, alpha=0.01, threshold=0.1)
    'With 1,000 rows it sees mean shifts of 0.32 standard deviations or more.'
    """
    if not rows or not reference_rows:
        return "With no rows it sees nothing."
    if not tests:
        return "With no columns it sees nothing."
    shift = visible_shift(rows, reference_rows, tests, alpha=alpha, threshold=threshold)
    if not math.isfinite(shift):
        return f"With {number_of(rows, 'row')} it cannot tell any shift from chance."
    natural = " beyond the natural variation" if beyond_natural else ""
    return f"With {number_of(rows, 'row')} it sees mean shifts of {shift:.2f} standard deviations or more{natural}."
