"""What a data version must satisfy: the short rules, and named checks in the vocabulary of Great Expectations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from evergreen.project.block import Block
from evergreen.project.expression import parse_expression
from evergreen.project.regex import check_regex
from evergreen.project.units import Duration, Number, Share, Spread, Whole, parse_number
from evergreen.times import instant

ColumnType = Literal["number", "category", "boolean", "timestamp", "id"]
Severity = Literal["error", "warning"]
# The short rules, as they are written in the file: those of data.rules, and those of a column.
ShortRule = Literal[
    "min_rows", "max_rows", "missing", "unique", "outliers", "fresh", "min", "max", "allowed", "pattern", "length"
]


def _key(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _regex(text: str) -> str:
    check_regex(text)
    return text


def _condition(text: str) -> str:
    parse_expression(text)
    return text


def _bound(value: Any) -> int | float | datetime:
    """A number, or a time: as YAML reads it, or as a text."""
    try:
        return instant(str(value)) if isinstance(value, date) else parse_number(value)
    except ValueError:
        pass
    try:
        return instant(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is neither a number nor an ISO 8601 time") from None


def _member(value: Any) -> str | int | float | bool:
    """One value of a list; a time is written as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (str, bool)):
        return value
    if value is None:
        raise ValueError("null is a missing value, which no list of values judges; see column_values_to_not_be_null")
    try:
        return parse_number(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a text, a finite number, a time, true or false") from None


def _listed(value: Any) -> str | int:
    """One value of a category, which holds texts; YAML takes a bare Yes or true for a boolean."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is no text, and a category holds texts; write it in quotes, as the data spells it")


# One column, or several that are a key together.
Key = Annotated[
    list[str],
    BeforeValidator(_key),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Regex = Annotated[str, AfterValidator(_regex)]
Bound = Annotated[
    int | float | datetime,
    BeforeValidator(_bound),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "format": "date-time"}]}),
]
Member = Annotated[
    str | int | float | bool, BeforeValidator(_member), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Label = Annotated[str | int, BeforeValidator(_listed), WithJsonSchema({"type": ["string", "integer"]})]
Condition = Annotated[str, AfterValidator(_condition)]


class Outliers(Block):
    """How many values of a number may lie further from its mean than `beyond` standard deviations."""

    beyond: Spread = 3.0
    at_most: Share = 0.05


class Span(Block):
    """From `min` to `max`, both included; at least one of them."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
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
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None:
            if isinstance(self.min, datetime) != isinstance(self.max, datetime):
                raise ValueError("min and max are both numbers, or both times")
            if self.min > self.max:  # type: ignore[operator]
                raise ValueError(f"min {self.min} is above max {self.max}")
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


class Rules(Block):
    """What every data version must satisfy: a broken rule refuses the data, one that `warn` names is only reported."""

    min_rows: int = Field(default=100, ge=1)
    max_rows: int | None = Field(default=None, ge=1)
    missing: Share = 0.5
    unique: list[Key] = []
    outliers: Outliers | None = None
    fresh: Duration | None = None
    warn: list[ShortRule] = []
    checks: list[Check] = []

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.max_rows is not None and self.max_rows < self.min_rows:
            raise ValueError(f"max_rows {self.max_rows} is below min_rows {self.min_rows}")
        return self

    def severity(self, rule: str) -> Severity:
        """What a broken short rule does."""
        return "warning" if rule in self.warn else "error"
