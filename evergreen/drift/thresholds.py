"""The sizes that matter, by preset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ALPHA = 0.005  # half of the promise: less than 1 % of the windows of an unchanged world raise any finding

Preset = Literal["standard", "sensitive"]


@dataclass(frozen=True)
class Thresholds:
    """`distance` is for D of numbers and the total variation of categories; `missing` and `new` are shares of rows.

    A mean shift of 0.35 standard deviations has D = 0.14 and PSI = 0.12; one of 0.25 has D = 0.10 and PSI = 0.06, so
    no number of rows makes the standard thresholds see it: `sensitive` does.
    """

    psi: float = 0.1
    distance: float = 0.1
    missing: float = 0.05
    new: float = 0.05
    min_rows: int = 500


PRESETS: dict[Preset, Thresholds] = {
    "standard": Thresholds(min_rows=100),
    "sensitive": Thresholds(psi=0.04, distance=0.05, missing=0.02, new=0.02, min_rows=100),
}
