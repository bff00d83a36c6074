"""Outliers: how many values lie further from their mean than so many standard deviations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evergreen.profiles.column import ColumnProfile, Kind
from evergreen.validation.expectation import NOT_DECIDED, ColumnExpectation, bounded, counted
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding
from evergreen.validation.value_rules import ValueExpectation, beyond
from evergreen.validation.values import Rows, Values


def deviation(column: ColumnProfile) -> float | None:
    """The sample's standard deviation, √(Σ(x − mean)² / (n − 1)); None where it is not finite or has one value."""
    return None if column.m2 is None or column.values < 2 else math.sqrt(column.m2 / (column.values - 1))


@dataclass(frozen=True, kw_only=True)
class ZScore(ColumnExpectation):
    """|x − mean| ≤ `beyond` standard deviations, for all but `at_most` of the values."""

    rule: ClassVar[str] = "column_value_z_scores_to_be_less_than"
    beyond: float
    at_most: float
    typed: bool = True  # the column is a number; else it may hold something else, which has no outliers

    @property
    def fits(self) -> tuple[Kind, ...]:
        """Numbers, and of a column that nobody declared whatever it holds."""
        return ("number",) if self.typed else super().fits

    @property
    def expected(self) -> str:
        return f"at most {self.at_most:.1%} beyond {self.beyond:g} sd of the mean"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """Exact when every value is listed; else within the bound of the quantiles."""
        if column.kind not in ("number", "null"):
            return Finding(True, "no numbers")
        fences = self.fences(column)
        if not column.values or fences is None or column.quantiles is None:
            return bounded(0, 0, column.values, self.at_most) if column.values < 2 else NOT_DECIDED
        if column.exact:
            far = [(value, rows) for value, rows in column.top if not fences[0] <= float(value) <= fences[1]]
            return counted(column, far, self.at_most, redaction)
        return bounded(*beyond(column.quantiles, *fences), column.values, self.at_most)

    def fences(self, column: ColumnProfile) -> tuple[float, float] | None:
        """Between which values is no outlier; None where doubles are too coarse to tell the values from their mean."""
        sd, mean = deviation(column), column.mean
        if sd == 0 and column.min != column.max:
            return None
        return None if sd is None or mean is None else (mean - self.beyond * sd, mean + self.beyond * sd)

    def located(self, column: ColumnProfile) -> Fenced | None:
        """The same rule for a look at the rows, now that their mean is known."""
        fences = self.fences(column)
        if fences is None:
            return None
        return Fenced(
            declared=self.declared, severity=self.severity, column=self.column, at_most=self.at_most,
            low=fences[0], high=fences[1], said=self.expected,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Fenced(ValueExpectation):
    """Values from `low` to `high`, which were found in the data itself."""

    rule: ClassVar[str] = ZScore.rule
    low: float
    high: float
    said: str

    @property
    def expected(self) -> str:
        return self.said

    def outside(self, values: Values) -> Rows | None:
        numbers = values.numbers.astype(np.float64, copy=False)
        found: Rows = (numbers < self.low) | (numbers > self.high)
        return found if values.present is None else found & values.present

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - rows only
        return NOT_DECIDED
