"""The encoder's blocks: each turns one column into one or more columns of the matrix (`fill`).

`cells` gives the same numbers for a single value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from evergreen.features.time_parts import time_parts
from evergreen.features.values import Column

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Value:
    """A number or a boolean as it is."""

    kind: ClassVar[str] = "value"
    column: str

    @property
    def names(self) -> list[str]:
        return [self.column]

    def fill(self, column: Column, out: Floats) -> None:
        out[:, 0] = column

    def cells(self, value: float) -> Sequence[float]:
        return (value,)


@dataclass(frozen=True)
class TimeParts:
    """Calendar parts of a timestamp."""

    kind: ClassVar[str] = "time_parts"
    column: str
    parts: list[str]

    @property
    def names(self) -> list[str]:
        return [f"{self.column}.{part}" for part in self.parts]

    def fill(self, column: Column, out: Floats) -> None:
        out[:] = time_parts(column, self.parts)

    def cells(self, value: float) -> Sequence[float]:
        parts: list[float] = time_parts(np.array([value]), self.parts)[0].tolist()
        return parts


@dataclass(frozen=True)
class Lookup:
    """A category as one number: its mean target (`target`) or its rank by frequency (`ordinal`)."""

    kind: ClassVar[str] = "lookup"
    column: str
    encode: str
    values: dict[str, float]
    unknown: float
    missing: float

    @property
    def names(self) -> list[str]:
        return [f"{self.column}.{self.encode}"]

    def fill(self, column: Column, out: Floats) -> None:
        values, unknown, missing = self.values, self.unknown, self.missing
        out[:, 0] = [missing if value is None else values.get(value, unknown) for value in column.tolist()]

    def cells(self, value: str | None) -> Sequence[float]:
        return (self.missing if value is None else self.values.get(value, self.unknown),)


@dataclass(frozen=True)
class OneHot:
    """A category as one column of 0 and 1 per level; None is the level of missing values."""

    kind: ClassVar[str] = "one_hot"
    column: str
    levels: list[str | None]
    _index: dict[str | None, int] = field(init=False, repr=False, compare=False)
    _cells: dict[str | None, Sequence[float]] = field(init=False, repr=False, compare=False)
    _unknown: Sequence[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        count = len(self.levels)
        cells = {level: [float(place == code) for place in range(count)] for code, level in enumerate(self.levels)}
        object.__setattr__(self, "_index", {level: code for code, level in enumerate(self.levels)})
        object.__setattr__(self, "_cells", cells)
        object.__setattr__(self, "_unknown", [0.0] * count)

    @property
    def names(self) -> list[str]:
        return [f"{self.column} is missing" if level is None else f"{self.column}={level}" for level in self.levels]

    def fill(self, column: Column, out: Floats) -> None:
        found = np.array([self._index.get(value, -1) for value in column.tolist()], dtype=np.int64)
        known = np.flatnonzero(found >= 0)
        out[:] = 0.0
        out[known, found[known]] = 1.0

    def cells(self, value: str | None) -> Sequence[float]:
        return self._cells.get(value, self._unknown)


Block = Value | TimeParts | Lookup | OneHot
_KINDS: dict[str, type[Value | TimeParts | Lookup | OneHot]] = {
    block.kind: block for block in (Value, TimeParts, Lookup, OneHot)
}


def block_from_json(raw: Mapping[str, Any]) -> Block:
    """Read what `block_to_json` wrote."""
    settings = {name: value for name, value in raw.items() if name != "kind"}
    return _KINDS[raw["kind"]](**settings)


def block_to_json(block: Block) -> dict[str, Any]:
    """A block as contract.json has it."""
    settings = {name: value for name, value in vars(block).items() if not name.startswith("_")}
    return {"kind": block.kind, **settings}
