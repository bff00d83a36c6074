"""The columns that a project knows, for what its rules and steps say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evergreen.project.expression import parse_expression
from evergreen.project.expression_nodes import ExpressionError, names
from evergreen.project.expression_types import check_condition
from evergreen.project.rule_values import ColumnType
from evergreen.project.schema import Data

Finding = tuple[tuple[str | int, ...], str]
_HELD = {"category": "text", "id": None}  # as an expression sees it


@dataclass(frozen=True)
class KnownColumns:
    """Their names, None where none are declared and any may be there, and the declared types."""

    names: frozenset[str] | None
    kinds: Mapping[str, ColumnType]

    @classmethod
    def of(cls, data: Data, target_columns: Sequence[str]) -> KnownColumns:
        """Those that are declared, the time, the keys, and what the target is computed from."""
        time = [data.time] if data.time else []
        known = frozenset((*data.columns, *data.key, *target_columns, *time)) if data.columns else None
        kinds = {name: column.type for name, column in data.columns.items()}
        return cls(known, kinds | dict.fromkeys(time, "timestamp"))

    def lacks(self, name: str) -> bool:
        """Whether the column cannot be there."""
        return self.names is not None and name not in self.names

    def condition(self, text: str, place: tuple[str | int, ...]) -> Iterator[Finding]:
        """What is wrong with an expression that is true or false of each row."""
        node = parse_expression(text)
        for name, at in names(node).items():
            if self.lacks(name):
                yield place, f"at character {at + 1}: {unknown(name)}"
        if not names(node):
            yield place, "names no column, so it is the same for every row"
        try:
            check_condition(node, {name: _HELD.get(kind, kind) for name, kind in self.kinds.items()})
        except ExpressionError as error:
            yield place, str(error)


def unknown(name: str) -> str:
    """What is wrong with a column that is lacking."""
    return f"{name} is not among data.columns, which names every column that is used"
