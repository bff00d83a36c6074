"""What a validation found: one result for each rule, in plain values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from evergreen.data.canonical import canonical
from evergreen.project.rule_values import Severity
from evergreen.wording import number_of

Verdict = Literal["pass", "fail", "not_decided"]
_TOLD = 3  # samples in a sentence


@dataclass(frozen=True)
class Sample:
    """Values that break a rule, as a report may show them: of one `row` (from 1), or of so many `rows`."""

    values: tuple[tuple[str, str], ...]
    row: int | None = None
    rows: int | None = None

    def __str__(self) -> str:
        shown = ", ".join(value for _, value in self.values)
        if self.row is None:
            return shown
        return f"{shown} (row {self.row:,})" if shown else f"row {self.row:,}"


@dataclass(frozen=True)
class Finding:
    """What one rule found; `passed` is None where this look at the data cannot decide.

    `unexpected` counts the rows that break it, of `elements` that could; None where they are not counted.
    """

    passed: bool | None
    observed: str
    unexpected: int | None = None
    elements: int | None = None
    samples: tuple[Sample, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The finding in a word."""
        return "not_decided" if self.passed is None else "pass" if self.passed else "fail"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One rule's name (Great Expectations'), where it is declared, and what was found."""

    rule: str
    columns: tuple[str, ...]
    severity: Severity
    declared: str
    expected: str
    finding: Finding

    @property
    def failed(self) -> bool:
        """Whether the data breaks the rule."""
        return self.finding.passed is False

    @property
    def sentence(self) -> str:
        """The result for a person."""
        of = f"column {', '.join(self.columns)}: " if self.columns else ""
        return f"{of}{self.finding_text} ({self.declared})"

    @property
    def finding_text(self) -> str:
        """What was expected and what was found."""
        samples = ", ".join(map(str, self.finding.samples[:_TOLD]))
        such = f", such as {samples}" if samples else ""
        return f"expected {self.expected}, found {self.finding.observed}{such}"

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON values."""
        found = self.finding
        return {
            "rule": self.rule,
            "columns": list(self.columns),
            "severity": self.severity,
            "verdict": found.verdict,
            "expected": self.expected,
            "observed": found.observed,
            "unexpected_count": found.unexpected,
            "element_count": found.elements,
            "samples": [
                {"values": dict(sample.values), "row": sample.row, "rows": sample.rows} for sample in found.samples
            ],
            "declared": self.declared,
        }


@dataclass(frozen=True)
class ValidationReport:
    """All results of one look at some data."""

    name: str
    rows: int
    results: tuple[Result, ...]

    @cached_property
    def violations(self) -> tuple[Result, ...]:
        """The broken rules that refuse the data."""
        return tuple(result for result in self.results if result.failed and result.severity == "error")

    @cached_property
    def warnings(self) -> tuple[Result, ...]:
        """The broken rules that are only reported."""
        return tuple(result for result in self.results if result.failed and result.severity == "warning")

    @property
    def undecided(self) -> tuple[Result, ...]:
        """The rules that this look at the data could not judge."""
        return tuple(result for result in self.results if result.finding.passed is None)

    @property
    def verdict(self) -> Literal["pass", "warn", "fail"]:
        """Whether the data is refused, and if not, whether something is worth knowing."""
        return "fail" if self.violations else "warn" if self.warnings else "pass"

    @cached_property
    def ranked(self) -> tuple[Result, ...]:
        """What refuses the data first, then warnings, then what is open, then what holds."""
        order = {id(result): at for at, result in enumerate((*self.violations, *self.warnings, *self.undecided))}
        return tuple(sorted(self.results, key=lambda result: order.get(id(result), len(order))))

    @property
    def summary(self) -> str:
        """The counts in a sentence."""
        counts = {
            "broken": len(self.violations),
            "warned of": len(self.warnings),
            "not decided": len(self.undecided),
        }
        told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        rules = f"{number_of(len(self.results), 'rule')} on {number_of(self.rows, 'row')}"
        return f"{rules}: {told}" if told else f"{rules}: all hold"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "name": self.name,
            "rows": self.rows,
            "verdict": self.verdict,
            "rules": len(self.results),
            "broken": len(self.violations),
            "warnings": len(self.warnings),
            "not_decided": len(self.undecided),
            "results": [result.to_dict() for result in self.results],
        }

    def to_bytes(self) -> bytes:
        """The canonical bytes: equal findings, equal bytes."""
        return canonical(self.to_dict())
