"""Rules about figures of a table or a column, all answered from a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from evergreen.profiles.column import ColumnProfile, Kind
from evergreen.validation.expectation import ColumnExpectation, Expectation, plain, span, unfit, within
from evergreen.validation.medians import median_ends
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding
from evergreen.validation.score_rules import deviation
from evergreen.validation.value_rules import bound, number_of

if TYPE_CHECKING:
    from evergreen.profiles.table import TableProfile

# What a declared type accepts; an id is whatever it is.
HOLDS: Mapping[str, tuple[Kind, ...]] = {
    "number": ("number",),
    "category": ("text",),
    "boolean": ("boolean",),
    "timestamp": ("timestamp",),
    "id": ("number", "text", "boolean", "timestamp"),
}


@dataclass(frozen=True, kw_only=True)
class RowCount(Expectation):
    """Enough rows, and not too many; with `target`, those that have a value of that column."""

    rule: ClassVar[str] = "table_row_count_to_be_between"
    whole: ClassVar[bool] = True
    min: float | None
    max: float | None
    target: str | None = None

    @property
    def expected(self) -> str:
        least, most = (None if each is None else f"{each:,.0f}" for each in (self.min, self.max))
        return f"{span(least, most)} rows{' with a target' if self.target else ''}"

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        column = profile.column(self.target) if self.target else None
        return self.judge(column.values if column else 0 if self.target else profile.rows)

    def judge(self, rows: int) -> Finding:
        """The finding for so many rows."""
        holds = (self.min is None or rows >= self.min) and (self.max is None or rows <= self.max)
        return Finding(holds, f"{rows:,}")


@dataclass(frozen=True, kw_only=True)
class Exists(ColumnExpectation):
    """A declared column is there."""

    rule: ClassVar[str] = "column_to_exist"
    expected: ClassVar[str] = "the column"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        return Finding(True, column.kind)


@dataclass(frozen=True, kw_only=True)
class OfType(ColumnExpectation):
    """A column holds what it is declared to hold, or nothing at all."""

    rule: ClassVar[str] = "column_values_to_be_of_type"
    type: str

    @property
    def expected(self) -> str:
        return f"type {self.type}"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        return Finding(column.kind == "null" or column.kind in HOLDS[self.type], column.kind)


@dataclass(frozen=True, kw_only=True)
class ColumnSet(Expectation):
    """Exactly these columns, in any order."""

    rule: ClassVar[str] = "table_columns_to_match_set"
    names: tuple[str, ...]

    @property
    def expected(self) -> str:
        return f"the columns {', '.join(self.names)}"

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        return self.judge(tuple(profile.columns))

    def judge(self, found: tuple[str, ...]) -> Finding:
        """The finding for a table of these columns."""
        absent = [f"no {name}" for name in self.names if name not in found]
        more = [f"{name} besides" for name in found if name not in self.names]
        return Finding(not absent and not more, ", ".join((*absent, *more)) or "these")


@dataclass(frozen=True, kw_only=True)
class Figure(ColumnExpectation):
    """Mean, median, standard deviation, smallest or largest value of a number."""

    fits: ClassVar[tuple[Kind, ...]] = ("number",)
    figure: str
    min: float | None
    max: float | None

    @property
    def rule(self) -> str:
        return f"column_{self.figure}_to_be_between"

    @property
    def expected(self) -> str:
        return f"{self.figure} {span(self.min, self.max)}"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """A median within the quantiles' bound; a column without values has no figure, and fails."""
        if self.figure == "median":
            ends = median_ends(column)
        else:
            found = deviation(column) if self.figure == "stdev" else getattr(column, self.figure)
            ends = None if found is None else (found, found)
        if ends is None:
            return Finding(False, "no value to compute it from")
        return self.told(*ends, redaction)

    def told(self, least: float, most: float, redaction: Redaction) -> Finding:
        """The finding when the figure lies from `least` to `most`; of equal values it is somebody's."""
        low, high = self.min, self.max
        if isinstance(least, float):  # fractions are compared as doubles
            low, high = (None if each is None else float(each) for each in (low, high))
        shown = [redaction.shown(self.column, self._plain(end)) for end in (least, most)]
        return Finding(within(least, most, low, high), " to ".join(shown if least != most else shown[:1]))

    def _plain(self, found: float) -> float:
        """Without the last digits of a sum, which depend on how the rows were read."""
        return float(f"{found:.12g}") if self.figure in ("mean", "stdev") else found


@dataclass(frozen=True, kw_only=True)
class Fresh(ColumnExpectation):
    """The newest row is not older than `since`."""

    rule: ClassVar[str] = "column_max_to_be_between"
    fits: ClassVar[tuple[Kind, ...]] = ("timestamp",)
    since: datetime

    @property
    def expected(self) -> str:
        return f"a newest row since {plain(self.since)}"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - a time is no secret
        if column.max is None:
            return Finding(False, "no time in any row")
        since = bound(self.since)
        assert since is not None
        return Finding(number_of(column.max) >= since, str(column.max))


def on_schema(expectation: Expectation, kinds: Mapping[str, Kind]) -> Finding | None:
    """What a schema alone tells; None when the values have to be asked."""
    if isinstance(expectation, ColumnSet):
        return expectation.judge(tuple(kinds))
    absent = unfit(expectation, kinds)
    if absent is not None:
        return absent
    if isinstance(expectation, Exists | OfType):
        kind = kinds[expectation.column]
        return expectation.on_column(ColumnProfile(name=expectation.column, kind=kind, count=0), Redaction())
    return None
