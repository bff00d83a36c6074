"""What is worth knowing of a version that will train a model, whatever its rules are: always a warning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from evergreen.profiles.column import ColumnProfile
from evergreen.project.schema import Project
from evergreen.validation.declared import inputs
from evergreen.validation.expectation import ColumnExpectation, Expectation
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding
from evergreen.wording import number_of


def notices(project: Project, names: Sequence[str]) -> Iterator[Expectation]:
    """The notices on data with these columns."""
    for name in inputs(project, names):
        yield Varies(column=name, declared="data", severity="warning")
        yield Finite(column=name, declared="data", severity="warning")
    if project.data.time is not None and project.data.time in names:
        yield Timed(column=project.data.time, declared="data.time", severity="warning")


@dataclass(frozen=True, kw_only=True)
class Varies(ColumnExpectation):
    """A column that tells rows apart."""

    rule: ClassVar[str] = "column_unique_value_count_to_be_between"
    expected: ClassVar[str] = "different values"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        constant = column.values > 0 and column.others == 0 and len(column.top) == 1
        return Finding(not constant, "the same value in every row" if constant else f"{column.distinct:,}")


@dataclass(frozen=True, kw_only=True)
class Finite(ColumnExpectation):
    """Numbers that are numbers."""

    rule: ClassVar[str] = "column_values_to_not_be_null"
    expected: ClassVar[str] = "no NaN and no infinity"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        unusable = column.nans + column.infinities
        told = f"{number_of(unusable, 'row')} of them, counted as missing" if unusable else "none"
        return Finding(not unusable, told, unusable, column.count)


@dataclass(frozen=True, kw_only=True)
class Timed(ColumnExpectation):
    """Every row has a time."""

    rule: ClassVar[str] = "column_values_to_not_be_null"
    expected: ClassVar[str] = "a time in every row"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        told = f"{number_of(column.nulls, 'row')} without one, not used" if column.nulls else "one"
        return Finding(not column.nulls, told, column.nulls, column.count)
