"""Wilson's interval of a share."""

from __future__ import annotations

import math
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(rows: int, total: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of rows / total, within [0, 1]; (0, 1) without any row.

    (p + z²/2n ± z √(p (1 − p) / n + z²/4n²)) / (1 + z²/n). Source: Wilson, Probable inference, the law of succession,
    and statistical inference (1927).

    >>> [round(end, 4) for end in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    if total < 1:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, room = rows / total, 1 + z * z / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, (middle - spread) / room), min(1.0, (middle + spread) / room)
