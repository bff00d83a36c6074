"""What makes a target worth learning: it varies, and the declared positive value occurs. Judged on whole versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from evergreen.data.target import TargetExpression
from evergreen.profiles.column import ColumnProfile, Kind
from evergreen.validation.expectation import ColumnExpectation
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding
from evergreen.wording import number_of

if TYPE_CHECKING:
    from evergreen.profiles.table import TableProfile


@dataclass(frozen=True, kw_only=True)
class TargetVaries(ColumnExpectation):
    """Rows with different targets."""

    rule: ClassVar[str] = "column_unique_value_count_to_be_between"
    expected: ClassVar[str] = "two targets or more"
    whole: ClassVar[bool] = True
    target: TargetExpression
    name: str

    @property
    def fits(self) -> tuple[Kind, ...]:
        """What the target's comparison can be made with."""
        if self.target.operator is None:
            return super().fits
        return ("text", "timestamp") if isinstance(self.target.value, str) else ("number", "boolean")

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:
        if profile.column(self.column) is None:
            return Finding(False, f"no column {self.column}, which the target {self.name} needs")
        return super().on_profile(profile, redaction)

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        if _is_constant(column, self.target):
            return Finding(False, f"the same target {self.name} in every row: there is nothing to learn")
        return Finding(True, "different targets")


@dataclass(frozen=True, kw_only=True)
class PositiveOccurs(ColumnExpectation):
    """Some row has the declared positive value."""

    rule: ClassVar[str] = "column_distinct_values_to_contain_set"
    whole: ClassVar[bool] = True
    positive: Any

    @property
    def expected(self) -> str:
        return f"some row that is {self.positive!r}, the declared positive value"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        rows = sum(rows for value, rows in column.top if value == self.positive or _same_text(value, self.positive))
        if not rows and column.others:
            return Finding(None, "not known from a profile")
        return Finding(rows > 0, number_of(rows, "row") if rows else "no row")


def _is_constant(column: ColumnProfile, target: TargetExpression) -> bool:
    """Whether the target is certainly the same everywhere, as far as a profile can tell."""
    if target.operator is None:
        return column.values > 0 and column.others == 0 and len(column.top) == 1
    if column.others == 0:
        return len({target.label(value) for value, _ in column.top}) < 2
    if target.operator in ("==", "!=") or column.min is None:
        return False
    return bool(target.label(column.min) == target.label(column.max))


def _same_text(a: object, b: object) -> bool:
    return str(a).lower() == str(b).lower()
