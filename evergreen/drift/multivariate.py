"""What a domain classifier found: whether rows of the reference and current rows can be told apart, and by what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Literal

_NORMAL = NormalDist()
SHOWN = 10  # features
NAMED = 0.05  # a smaller share may be chance
DIGITS = 6  # of a published value


@dataclass(frozen=True)
class Multivariate:
    """The area under the ROC curve of scores out of fold, its 95 % interval, and the test that it is above 0.5.

    `shares` are the features' parts in the area, the largest first; empty when the area is not above 0.5. Without
    enough rows there is no area.
    """

    threshold: float
    reference_rows: int
    rows: int
    auc: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    breach: bool = False
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def verdict(self) -> Literal["ok", "breach", "insufficient_data"]:
        """Whether the rows can be told apart."""
        return "insufficient_data" if self.auc is None else "breach" if self.breach else "ok"

    @property
    def line(self) -> str:
        """The finding in one line."""
        if self.auc is None:
            return "together: no verdict"
        area = f"together: AUC {self.auc:.3f} [{self.low:.3f}, {self.high:.3f}]"
        if not self.breach:
            return f"{area}, ok"
        named = [name for name, share in self.shares.items() if share >= NAMED]
        return f"{area}, moved" + (f"; told apart by {', '.join(named)}" if named else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        figures = {"auc": self.auc, "low": self.low, "high": self.high, "threshold": self.threshold}
        return {
            **{name: None if value is None else round(value, DIGITS) for name, value in figures.items()},
            "p": self.p,
            "verdict": self.verdict,
            "rows": {"reference": self.reference_rows, "current": self.rows},
            "features": [{"name": name, "share": round(share, DIGITS)} for name, share in self.shares.items()],
        }


def auc_threshold(distance: float) -> float:
    """Return the area that a normal column reaches when its mean moves so far that D is `distance`.

    A shift of d standard deviations has D = 2 Phi(d / 2) - 1, and tells two rows apart with AUC = Phi(d / sqrt 2).

    >>> [round(auc_threshold(distance), 3) for distance in (0.1, 0.05)]
    [0.571, 0.535]
    """
    return _NORMAL.cdf(2 * _NORMAL.inv_cdf((1 + distance) / 2) / math.sqrt(2))
