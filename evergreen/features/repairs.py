"""What becomes of a column's values before features are made of them: learned once, the same whenever rows come."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from evergreen.features.values import Column


@dataclass(frozen=True)
class Impute:
    """A value for those that are missing: None of a category, NaN of a number or a boolean."""

    kind: ClassVar[str] = "impute"
    column: str
    value: float | str

    def repaired(self, values: Column) -> Column:
        """Whole columns."""
        return np.where(is_missing(values), self.value, values)

    def cell(self, value: Any) -> Any:
        """One value."""
        return self.value if value is None or value != value else value


@dataclass(frozen=True)
class Clip:
    """Numbers below `low` become it, those above `high` become that; missing ones stay missing."""

    kind: ClassVar[str] = "clip"
    column: str
    low: float
    high: float

    def repaired(self, values: Column) -> Column:
        """Whole columns."""
        return np.minimum(np.maximum(values, self.low), self.high)

    def cell(self, value: float) -> float:
        """One value."""
        return value if value != value else min(max(value, self.low), self.high)


Repair = Impute | Clip
_KINDS: dict[str, type[Impute | Clip]] = {each.kind: each for each in (Impute, Clip)}


def repaired(repairs: Sequence[Repair], columns: Mapping[str, Column]) -> Mapping[str, Column]:
    """The columns after all repairs, one after the other."""
    if not repairs:
        return columns
    found = dict(columns)
    for repair in repairs:
        found[repair.column] = repair.repaired(found[repair.column])
    return found


def is_missing(values: Column) -> NDArray[np.bool_]:
    """Which values of a column are None or NaN."""
    if values.dtype == object:
        return np.fromiter((value is None for value in values.tolist()), bool, len(values))
    return np.isnan(values)


def repair_to_json(repair: Repair) -> dict[str, Any]:
    """A repair as contract.json has it; JSON has no infinite bounds."""
    said = {name: None if value in (-math.inf, math.inf) else value for name, value in vars(repair).items()}
    return {"kind": repair.kind, **said}


def repair_from_json(raw: Mapping[str, Any]) -> Repair:
    """Read what `repair_to_json` wrote."""
    settings = {name: value for name, value in raw.items() if name != "kind"}
    if raw["kind"] == Clip.kind:
        settings["low"] = -math.inf if settings["low"] is None else settings["low"]
        settings["high"] = math.inf if settings["high"] is None else settings["high"]
    return _KINDS[raw["kind"]](**settings)
