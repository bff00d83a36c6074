"""What all expectations have in common, and how a count of broken rows becomes a finding."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from evergreen.profiles.column import ColumnProfile, Kind, Value
from evergreen.project.rule_values import Severity
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding, Result, Sample

if TYPE_CHECKING:
    from evergreen.profiles.table import TableProfile
    from evergreen.validation.values import Rows, Values

SAMPLES = 5  # of a broken rule
_PLAIN = 1e16  # doubles from there are written with an exponent
ROUNDING = 1e-9  # a share of 10 % of 30 rows is three rows
_HOLDS = {"number": "numbers", "text": "texts", "boolean": "true and false", "timestamp": "times", "null": "no values"}


@dataclass(frozen=True, kw_only=True)
class Expectation(ABC):
    """One rule: where it is `declared`, what it `expected`, and whether a break of it refuses the data."""

    declared: str
    severity: Severity = "error"
    whole: ClassVar[bool] = False  # judged on a whole version, never on the rows that join it

    @property
    @abstractmethod
    def rule(self) -> str:
        """Its name, without `expect_`."""

    @property
    @abstractmethod
    def expected(self) -> str:
        """What should be, in words."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return ()

    @abstractmethod
    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:
        """What a profile tells, which may be nothing."""

    def result(self, finding: Finding) -> Result:
        """The finding with what it is about."""
        name = f"expect_{self.rule}"
        return Result(
            rule=name, columns=self.columns, severity=self.severity, declared=self.declared,
            expected=self.expected, finding=finding,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ColumnExpectation(Expectation):
    """A rule about one column, which has to be there and hold what the rule can judge."""

    column: str

    @property
    def fits(self) -> tuple[Kind, ...]:
        """What the rule can judge."""
        return ("number", "boolean", "timestamp", "text")

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:
        """What the column's profile tells."""
        found = profile.column(self.column)
        if found is None:
            return unfit(self, {}) or NOT_DECIDED
        return unfit(self, {self.column: found.kind}) or self.on_column(found, redaction)

    @abstractmethod
    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """What the profile of a column that fits tells."""


class RowExpectation(Expectation):
    """A rule about each row: of one column, or of several."""

    at_most: float
    of: ClassVar[str] = "values"

    @abstractmethod
    def broken(self, values: Mapping[str, Values]) -> tuple[int, Rows | None]:
        """How many rows the rule can judge, and which of all rows break it (None: none does)."""

    def told(self, unexpected: int, elements: int, samples: Sequence[Sample] = ()) -> Finding:
        """The finding of an exact count."""
        return bounded(unexpected, unexpected, elements, self.at_most, samples, of=self.of)


# What a profile cannot tell.
NOT_DECIDED = Finding(None, "not known from a profile; the rows tell")


def unfit(expectation: Expectation, kinds: Mapping[str, Kind]) -> Finding | None:
    """A failure when a column is absent or holds something that the rule cannot judge."""
    absent = [name for name in expectation.columns if name not in kinds]
    if absent:
        return Finding(False, f"no column {', '.join(absent)}")
    if isinstance(expectation, ColumnExpectation):
        kind = kinds[expectation.column]
        if kind != "null" and kind not in expectation.fits:
            return Finding(False, f"{_HOLDS[kind]} in it")
    return None


def within(least: Any, most: Any, low: Any, high: Any) -> bool | None:
    """Whether a figure that is known to lie from `least` to `most` lies from `low` to `high`; None where it may.

    >>> within(9, 11, 10, None), within(9, 11, 5, 12), within(9, 11, None, 8)
    (None, True, False)
    """
    if (low is None or least >= low) and (high is None or most <= high):
        return True
    if (low is not None and most < low) or (high is not None and least > high):
        return False
    return None


def bounded(
    least: int, most: int, elements: int, at_most: float, samples: Sequence[Sample] = (), *, of: str = "values"
) -> Finding:
    """The finding when between `least` and `most` of `elements` break a rule that `at_most` a share may break."""
    limit = at_most * elements + ROUNDING
    passed = True if most <= limit else False if least > limit else None
    if least == most:
        observed = f"{least:,} of {elements:,} {of} otherwise" if least else f"none of {elements:,} {of} otherwise"
        share = f" ({least / elements:.2%})" if least else ""
        return Finding(passed, observed + share, least, elements, tuple(samples))
    if passed is False:
        return Finding(False, f"{least:,} or more of {elements:,} {of} otherwise", None, elements, tuple(samples))
    return Finding(passed, f"between {least:,} and {most:,} of {elements:,} {of} otherwise", None, elements)


def counted(
    column: ColumnProfile, broken: Sequence[tuple[Value, int]], at_most: float, redaction: Redaction
) -> Finding:
    """The finding from a column's frequent values: what it does not list may break the rule, or not."""
    least = sum(rows for _, rows in broken)
    samples = [
        Sample(((column.name, redaction.shown(column.name, value)),), rows=rows) for value, rows in broken[:SAMPLES]
    ]
    return bounded(least, least + column.others, column.values, at_most, samples)


def in_most(at_most: float) -> str:
    """The tolerance in words."""
    return f" in at least {100 * (1 - at_most):.6g}% of the rows" if at_most else ""


def span(low: object, high: object) -> str:
    """`between 0 and 10`, `at least 0` or `at most 10`.

    >>> span(0.0, None)
    'at least 0'
    """
    if low is None:
        return f"at most {plain(high)}"
    return f"at least {plain(low)}" if high is None else f"between {plain(low)} and {plain(high)}"


def plain(value: object) -> str:
    """A bound as it was written; a double that is whole without its fraction."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _PLAIN else repr(value)
    return str(value).replace("+00:00", "Z").replace(" ", "T")
