"""Numbers and bins as a reader tells them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from evergreen.drift.report import Bins

MOST_DIGITS = 17  # tell any two doubles apart
_EPOCH = datetime(1970, 1, 1)  # in UTC, as all times are


def spelt(values: Sequence[float], *, digits: int = 6, times: bool = False) -> list[str]:
    """Each number with the fewest digits that tell different ones apart, but with `digits` at least.

    `times` are microseconds since 1970 and told as ISO 8601, to the second where that tells them apart.

    >>> spelt([1.7e9, 1.7e9 + 300]), spelt([0.1, 0.25]), spelt([0.0], times=True)
    (['1700000000', '1700000300'], ['0.1', '0.25'], ['1970-01-01T00:00:00'])
    """
    different = len(set(values))
    if times:
        for unit in ("seconds", "milliseconds"):
            found = [_time(value, unit) for value in values]
            if len(set(found)) == different:
                return found
        return [_time(value, "microseconds") for value in values]
    for precision in range(digits, MOST_DIGITS):
        found = [_plain(value, precision) for value in values]
        if len(set(found)) == different:
            return found
    return [repr(value) for value in values]


def bin_labels(bins: Bins, *, times: bool = False) -> list[str]:
    """Return a name for each bin; an edge just below a value is told as that value, excluded.

    >>> bin_labels(Bins((1, 2, 3, 0), (1, 2, 3, 0), edges=(-5e-324, 0.0)))
    ['< 0', '0', '> 0', 'missing']
    """
    if not bins.edges:
        return [*bins.values, "all others", "missing"]
    edges = np.array(bins.edges)
    with np.errstate(over="ignore"):
        above = np.nextafter(edges, np.inf)
    open_ = np.append(above[:-1] == edges[1:], False)  # this edge excludes the next one's value
    names = spelt(np.where(open_, above, edges).tolist(), times=times)
    labels = [f"{'<' if open_[0] else '≤'} {names[0]}"]
    for at in range(1, len(edges)):
        if open_[at - 1]:
            labels.append(names[at])
        else:
            labels.append(f"{names[at - 1]} < x {'<' if open_[at] else '≤'} {names[at]}")
    return [*labels, f"> {names[-1]}", "missing"]


def _plain(value: float, digits: int) -> str:
    """With all places before the point, and an exponent for the very large and small."""
    size = math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 0
    if not -5 < size < MOST_DIGITS:
        return f"{value:.{digits}g}"
    text = f"{value + 0.0:.{max(digits - 1 - size, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(microseconds: float, unit: str) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=round(microseconds))).isoformat(timespec=unit)
    except OverflowError:
        return f"{microseconds:.0f} µs"
