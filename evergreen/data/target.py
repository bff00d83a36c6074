"""The target: a column as it is, or `<column> <operator> <number|'text'>`.

>>> parse_target("arr_delay > 15").label(20)
True
>>> parse_target("grade == 'A'").label("B")
False
>>> parse_target("arr_delay > 15").label(None) is None
True
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from evergreen.project.schema import Project

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_COMPARISON = re.compile(
    r"^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|==|!=|>|<)\s*(?:(-?\d+(?:\.\d+)?)|'([^']*)'|\"([^\"]*)\")\s*$"
)


@dataclass(frozen=True)
class TargetExpression:
    """How a row's label comes from one of its columns; without an operator it is the column's value."""

    column: str
    operator: str | None = None
    value: float | str | None = None

    def label(self, value: Any) -> Any:
        """The label for a column's value; None (no label) when the value is missing or NaN."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        return value if self.operator is None else _OPERATORS[self.operator](value, self.value)

    def labels(self, values: Iterable[Any]) -> list[Any]:
        """The labels of many rows."""
        return [self.label(value) for value in values]


def parse_target(text: str) -> TargetExpression:
    """Read an expression; ValueError says what one looks like."""
    found = _COMPARISON.match(text)
    if found is None:
        raise ValueError(f"{text!r} is not `column operator value`, such as arr_delay > 15 or status == 'late'")
    column, sign, number, *texts = found.groups()
    value = float(number) if number is not None else next(part for part in texts if part is not None)
    return TargetExpression(column=column, operator=sign, value=value)


def target_of(project: Project) -> TargetExpression:
    """The project's target: its `from` expression, else the column of its name."""
    if project.target.expression is None:
        return TargetExpression(column=project.target.name)
    return parse_target(project.target.expression)
