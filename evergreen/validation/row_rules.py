"""Rules about several columns of each row: one above another, and expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.profiles.column import Kind
from evergreen.project.expression_nodes import Binary, ExpressionError, Name, Node, names
from evergreen.project.expression_types import check_condition
from evergreen.validation.compiled import compute
from evergreen.validation.expectation import NOT_DECIDED, RowExpectation, in_most, unfit
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding
from evergreen.validation.values import Rows, Values, booleans

if TYPE_CHECKING:
    from evergreen.profiles.table import TableProfile


@dataclass(frozen=True, kw_only=True)
class Holds(RowExpectation):
    """A condition that no row contradicts. A missing value makes it unknown, which breaks nothing (SQL's CHECK)."""

    condition: Node
    said: str
    at_most: float = 0.0
    name: str = "rows_to_satisfy_expression"
    of: ClassVar[str] = "rows"

    @property
    def rule(self) -> str:
        return self.name

    @property
    def expected(self) -> str:
        return f"{self.said}{in_most(self.at_most)}"

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(names(self.condition))

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - rows only
        return self.misfit({name: column.kind for name, column in profile.columns.items()}) or NOT_DECIDED

    def misfit(self, kinds: Mapping[str, Kind]) -> Finding | None:
        """A failure when the condition does not fit the columns."""
        if not self.columns:
            return Finding(False, "it names no column, so it is the same for every row")
        absent = unfit(self, kinds)
        if absent is not None:
            return absent
        try:
            check_condition(self.condition, {name: kind for name, kind in kinds.items() if kind != "null"})
        except ExpressionError as error:
            return Finding(False, f"{error}")
        return None

    def broken(self, values: Mapping[str, Values]) -> tuple[int, Rows | None]:
        """The rows where it is true or false, and those where it is false."""
        rows = next(iter(values.values())).rows
        found = compute(self.condition, {name: values[name].plain for name in self.columns})
        if isinstance(found, pa.Scalar) or pa.types.is_null(found.type):
            known = found.as_py() if isinstance(found, pa.Scalar) else None
            return (0, None) if known is None else (rows, booleans(pa.scalar(not known), rows) if not known else None)
        count = len(found) - found.null_count
        return count, None if pc.all(found).as_py() in (True, None) else booleans(pc.invert(found), rows)


def above(a: str, b: str, *, or_equal: bool) -> Node:
    """The condition of a pair."""
    return Binary(">=" if or_equal else ">", Name(a, 0), Name(b, 0), 0)
