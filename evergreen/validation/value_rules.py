"""Rules about each value of a column: missing, ranges, patterns, lengths."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.errors import ProjectError
from evergreen.profiles.column import ColumnProfile, Kind, Value
from evergreen.profiles.quantiles import QuantileSummary
from evergreen.profiles.times import since_epoch
from evergreen.profiles.views import raw
from evergreen.validation.expectation import (
    NOT_DECIDED,
    ColumnExpectation,
    RowExpectation,
    bounded,
    counted,
    in_most,
    span,
)
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding, Sample
from evergreen.validation.values import Rows, Values, booleans

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = 2**53  # doubles tell integers up to it apart


@dataclass(frozen=True, kw_only=True)
class ValueExpectation(ColumnExpectation, RowExpectation):
    """A rule about each value of one column; `at_most` is the share of values that may break it."""

    at_most: float = 0.0

    def broken(self, values: Mapping[str, Values]) -> tuple[int, Rows | None]:
        """The usable values, and the rows whose value breaks the rule."""
        found = values[self.column]
        return found.elements, self.outside(found) if found.elements else None

    @abstractmethod
    def outside(self, values: Values) -> Rows | None:
        """The rows whose usable value breaks the rule; None when none does."""


@dataclass(frozen=True, kw_only=True)
class NotNull(ValueExpectation):
    """Usable values; null, NaN and the infinities are missing."""

    rule: ClassVar[str] = "column_values_to_not_be_null"

    @property
    def expected(self) -> str:
        return f"at most {self.at_most:.1%} missing" if self.at_most else "no value missing"

    def broken(self, values: Mapping[str, Values]) -> tuple[int, Rows | None]:
        """All rows, and those without a usable value."""
        found = values[self.column]
        return found.rows, None if found.elements == found.rows or found.present is None else ~found.present

    def outside(self, values: Values) -> Rows | None:  # noqa: ARG002 - whatever it is
        """A usable value is not missing."""
        return None

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - nothing is shown
        """Exact."""
        return self.told(column.count - column.values, column.count)

    def told(self, unexpected: int, elements: int, samples: Sequence[Sample] = ()) -> Finding:
        """A missing value has nothing to show; its row is enough."""
        found = super().told(unexpected, elements, [Sample((), row=sample.row) for sample in samples])
        share = f"{unexpected / elements:.1%} missing ({unexpected:,} of {elements:,} rows)" if unexpected else ""
        return replace(found, observed=share or "none missing")


@dataclass(frozen=True, kw_only=True)
class Between(ValueExpectation):
    """Numbers or times from `min` to `max`, both included."""

    rule: ClassVar[str] = "column_values_to_be_between"
    min: float | datetime | None = None
    max: float | datetime | None = None

    @property
    def fits(self) -> tuple[Kind, ...]:
        """What the bounds are."""
        return ("timestamp",) if isinstance(self.max if self.min is None else self.min, datetime) else ("number",)

    @property
    def expected(self) -> str:
        return f"values {span(self.min, self.max)}{in_most(self.at_most)}"

    def outside(self, values: Values) -> Rows | None:
        """A range that fits spares the comparison of each value."""
        low, high = bound(self.min), bound(self.max)
        if values.numbers.dtype.kind in "iu":  # beside a fraction numpy would compare in doubles
            low, high = None if low is None else math.ceil(low), None if high is None else math.floor(high)
        least, most = values.range or (0, 0)
        if (low is None or least >= low) and (high is None or most <= high):
            return None
        numbers = values.numbers
        below = numbers < low if low is not None else np.zeros(len(numbers), dtype=bool)
        found: Rows = below | (numbers > high) if high is not None else below
        return found if values.present is None else found & values.present

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """Exact when the range fits, or every value is listed; else within the quantiles' bound."""
        if column.min is None or column.max is None:
            return bounded(0, 0, column.values, self.at_most)
        low, high = bound(self.min), bound(self.max)
        if isinstance(column.min, float):  # fractions are compared as doubles
            low, high = (None if each is None else float(each) for each in (low, high))
        least, most = number_of(column.min), number_of(column.max)
        if (low is None or least >= low) and (high is None or most <= high):
            return bounded(0, 0, column.values, self.at_most)
        if column.exact and column.top:
            wrong = [(value, rows) for value, rows in column.top if _is_outside(number_of(value), low, high)]
            return counted(column, wrong, self.at_most, redaction)
        if self.at_most and max(abs(least), abs(most)) > _EXACT and not isinstance(column.max, float):
            return NOT_DECIDED  # quantiles are doubles
        assert column.quantiles is not None
        few, many = beyond(column.quantiles, low, high)
        found = bounded(max(few, 1), max(many, 1), column.values, self.at_most)
        ends = (redaction.figure(column.name, end) for end in (column.min, column.max))
        return replace(found, observed=f"values from {' to '.join(ends)}")


@dataclass(frozen=True, kw_only=True)
class _TextExpectation(ValueExpectation):
    """A rule about the characters of each text."""

    fits: ClassVar[tuple[Kind, ...]] = ("text",)

    @abstractmethod
    def wrong(self, texts: pa.Array) -> Rows:
        """Which texts break the rule; anything for a null."""

    def outside(self, values: Values) -> Rows | None:
        return values.where(self.wrong(values.texts))

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """Exact when every text is listed; else a listed text that breaks the rule may be enough."""
        wrong = self.wrong(pa.array([value for value, _ in column.top], pa.string()))
        found = [pair for pair, is_wrong in zip(column.top, wrong.tolist(), strict=True) if is_wrong]
        return counted(column, found, self.at_most, redaction)


@dataclass(frozen=True, kw_only=True)
class Regex(_TextExpectation):
    """Texts in which a pattern is found."""

    rule: ClassVar[str] = "column_values_to_match_regex"
    regex: str

    def __post_init__(self) -> None:
        """Ask the engine before any row: it may find a pattern too large, or not know the name of a script."""
        try:
            pc.match_substring_regex(pa.array([""]), self.regex)
        except pa.ArrowInvalid as error:
            raise ProjectError([f"{self.declared}: {self.regex!r}: {error}"]) from error

    @property
    def expected(self) -> str:
        return f"texts that match {self.regex}{in_most(self.at_most)}"

    def wrong(self, texts: pa.Array) -> Rows:
        return ~booleans(pc.match_substring_regex(texts, self.regex), len(texts))


@dataclass(frozen=True, kw_only=True)
class Lengths(_TextExpectation):
    """Texts of `min` to `max` characters."""

    rule: ClassVar[str] = "column_value_lengths_to_be_between"
    min: float | None = None
    max: float | None = None

    @property
    def expected(self) -> str:
        return f"texts of {span(self.min, self.max)} characters{in_most(self.at_most)}"

    def wrong(self, texts: pa.Array) -> Rows:
        lengths = raw(pc.utf8_length(texts))
        low: Rows = lengths < (self.min or 0)
        return low if self.max is None else low | (lengths > self.max)

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """Exact when the shortest and the longest fit."""
        found = column.lengths
        if found is None or not _is_outside(found.min, self.min, self.max) | _is_outside(found.max, self.min, self.max):
            return bounded(0, 0, column.values, self.at_most)
        listed = super().on_column(column, redaction)
        if listed.passed is None and not self.at_most:
            return Finding(False, f"texts of {found.min:,} to {found.max:,} characters", None, column.values)
        return listed


def bound(value: float | datetime | None) -> float | int | None:
    """A bound as numbers and times are compared."""
    return microseconds(value) if isinstance(value, datetime) else value


def microseconds(time: datetime) -> int:
    """Since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def number_of(value: Value) -> float | int:
    """A profile's number, or its time in microseconds since 1970."""
    return since_epoch(value) if isinstance(value, str) else value


def beyond(summary: QuantileSummary, low: float | None, high: float | None) -> tuple[int, int]:
    """At least and at most how many numbers are below `low` or above `high`."""
    sides = []
    if low is not None:
        sides.append(float(summary.cdf_below(low)) * summary.n)
    if high is not None:
        sides.append(summary.n - float(summary.cdf(high)) * summary.n)
    least = sum(max(0, round(side) - summary.rank_error) for side in sides)
    most = sum(min(summary.n, round(side) + summary.rank_error) for side in sides)
    return least, min(most, summary.n)


def _is_outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)
