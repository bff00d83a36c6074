"""Named checks in the vocabulary of Great Expectations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from evergreen.project.block import Block
from evergreen.project.rule_values import Bound, ColumnType, Condition, Member, Regex, Severity
from evergreen.project.units import Number, Share, Whole


def _check_span(low: Any, high: Any) -> None:
    if low is None and high is None:
        raise ValueError("needs min, max or both")
    if low is not None and high is not None and low > high:
        raise ValueError(f"min {low} is above max {high}")


class Span(Block):
    """From `min` to `max`, both included; at least one of them."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _check_span(self.min, self.max)
        return self


class Counts(Span):
    """From `min` to `max` of what is counted: rows, characters."""

    min: Whole | None = None
    max: Whole | None = None


class Length(Counts):
    """How many characters a text has."""


class ColumnSpan(Span):
    """A figure of one column."""

    column: str


class Columns(Block):
    """Several columns."""

    columns: list[str] = Field(min_length=1)


class _Mostly(Block):
    """`mostly`: the share of rows that must satisfy the rule."""

    mostly: Share = 1.0


class ColumnRule(_Mostly):
    """Every value of a column."""

    column: str


class ColumnsRule(_Mostly):
    """Every row, over several columns."""

    columns: list[str] = Field(min_length=1)


class TypeRule(Block):
    """What a column holds."""

    column: str
    type: ColumnType


class BetweenRule(ColumnRule):
    """Numbers, or times, from `min` to `max`."""

    min: Bound | None = None
    max: Bound | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        both = self.min is not None and self.max is not None
        if both and isinstance(self.min, datetime) != isinstance(self.max, datetime):
            raise ValueError("min and max are both numbers, or both times")
        _check_span(self.min, self.max)
        return self


class SetRule(ColumnRule):
    """Members of a list."""

    values: list[Member] = Field(min_length=1)


class RegexRule(ColumnRule):
    """Texts in which a regular expression (RE2) is found."""

    regex: Regex


class LengthRule(ColumnRule, Counts):
    """Characters of a text."""


class ScoreRule(ColumnRule):
    """Distance from the mean in standard deviations, above and below."""

    threshold: float = Field(gt=0)


class PairRule(_Mostly):
    """Column `a` above column `b` in each row where both are known."""

    a: str
    b: str
    or_equal: bool = False


class Check(Block):
    """One named rule, or an expression that must not be false of any row."""

    table_row_count_to_be_between: Counts | None = None
    table_columns_to_match_set: Columns | None = None
    column_values_to_not_be_null: ColumnRule | None = None
    column_values_to_be_of_type: TypeRule | None = None
    column_values_to_be_between: BetweenRule | None = None
    column_values_to_be_in_set: SetRule | None = None
    column_values_to_not_be_in_set: SetRule | None = None
    column_values_to_match_regex: RegexRule | None = None
    column_value_lengths_to_be_between: LengthRule | None = None
    column_value_z_scores_to_be_less_than: ScoreRule | None = None
    column_values_to_be_unique: ColumnRule | None = None
    compound_columns_to_be_unique: ColumnsRule | None = None
    column_pair_values_a_to_be_greater_than_b: PairRule | None = None
    column_mean_to_be_between: ColumnSpan | None = None
    column_median_to_be_between: ColumnSpan | None = None
    column_stdev_to_be_between: ColumnSpan | None = None
    column_min_to_be_between: ColumnSpan | None = None
    column_max_to_be_between: ColumnSpan | None = None
    column_unique_value_count_to_be_between: ColumnSpan | None = None
    column_proportion_of_unique_values_to_be_between: ColumnSpan | None = None
    expression: Condition | None = None
    mostly: Share | None = None
    severity: Severity = "error"

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if len(self.named) != 1:
            found = " and ".join(self.named) or "none"
            raise ValueError(f"a check is exactly one rule, and this has {found}")
        if self.mostly is not None and self.expression is None:
            raise ValueError("mostly beside a named rule belongs into it: {column: …, mostly: 99%}")
        return self

    @property
    def named(self) -> list[str]:
        """The rules that are written: one, in a valid check."""
        others = ("mostly", "severity")
        return [name for name in type(self).model_fields if name not in others and getattr(self, name) is not None]

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.named[0]
