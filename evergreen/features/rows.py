"""One row, as most requests are: the same numbers as from columns, bit for bit, in a fraction of the time.

Arrays of one element cost more than what is done with them. A row that does not fit has no plan here: the columns'
way says what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evergreen.features.blocks import Block
from evergreen.features.repairs import Repair
from evergreen.features.values import ACCEPTED, MISSING, ColumnType, Field, Row, seconds, text

_Step = tuple[str, frozenset[type], Callable[[Any], Sequence[float]]]


class RowPlan:
    """What each field of a row must be, and the features that it becomes."""

    def __init__(self, blocks: Sequence[Block], fields: Sequence[Field], repairs: Sequence[Repair] = ()) -> None:
        known = {field.name: field for field in fields}
        self._steps: list[_Step] = [
            _step(block, known[block.column], [repair for repair in repairs if repair.column == block.column])
            for block in blocks
        ]

    def raw(self, row: Row) -> list[float] | None:
        """Return the features before filling and scaling; None for a row that does not fit."""
        if not isinstance(row, Mapping):
            return None
        features: list[float] = []
        try:
            for name, accepted, cells in self._steps:
                value = row.get(name)
                if type(value) not in accepted:
                    return None
                features += cells(value)
        except (ValueError, OverflowError):  # a time that is none, a number beyond every double
            return None
        return features


def _step(block: Block, field: Field, repairs: Sequence[Repair]) -> _Step:
    accepted = ACCEPTED[field.type][0]
    convert, cells = _CONVERT[field.type], block.cells

    def repaired(value: Any) -> Sequence[float]:
        value = convert(value)
        for repair in repairs:
            value = repair.cell(value)
        return cells(value)

    plain = repaired if repairs else lambda value: cells(convert(value))
    return field.name, accepted if field.nullable else accepted - {MISSING}, plain


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


_CONVERT: Mapping[ColumnType, Callable[[Any], Any]] = {
    "number": _number,
    "boolean": _number,
    "category": text,
    "timestamp": seconds,
}
