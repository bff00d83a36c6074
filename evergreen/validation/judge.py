"""From a project and some rows to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from evergreen.profiles.table import TableProfile
from evergreen.project.schema import Project
from evergreen.validation.declared import expectations, redaction
from evergreen.validation.expectation import Expectation
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Result, ValidationReport
from evergreen.validation.scan import Scan
from evergreen.validation.values import Values

Again = Callable[[Sequence[str]], Iterable[pa.Table]]  # the rows once more, with these columns at least


@dataclass(frozen=True)
class Judge:
    """What a project expects, as of a time; without `whole`, only what can be said of rows that join a version."""

    project: Project
    as_of: datetime | None = None
    whole: bool = True

    def expectations(self, names: Sequence[str]) -> tuple[Expectation, ...]:
        """The rules for data with these columns."""
        found = expectations(self.project, names, as_of=self.as_of)
        return found if self.whole else tuple(each for each in found if not each.whole)

    @property
    def redaction(self) -> Redaction:
        """What the report may show."""
        return redaction(self.project)

    def scan(self, schema: pa.Schema, *, name: str) -> Scan:
        """A pass over rows of this schema, of the data of this name."""
        return Scan(self.expectations(schema.names), schema, self.redaction, name=name)

    def on_profile(self, profile: TableProfile, *, name: str) -> ValidationReport:
        """What a profile alone tells."""
        found = self.expectations(tuple(profile.columns))
        redaction = self.redaction
        results = tuple(each.result(each.on_profile(profile, redaction)) for each in found)
        return ValidationReport(name, profile.rows, results)


def concluded(scan: Scan, *, again: Again | None) -> ValidationReport:
    """The report of a finished pass.

    A second one counts outliers that are too many, or may be, and finds medians that are too near to a bound.
    """
    results = list(scan.results())
    located, middles = scan.second(results), scan.middles(results)
    if (located or middles) and again is not None:
        closer = Scan(tuple(located.values()), scan.schema, scan.redaction, name=scan.name)
        wanted = {*closer.columns, *(figure.column for figure, _ in middles.values())}
        for table in again([name for name in scan.schema.names if name in wanted]):
            closer.table(table)
            for figure, middle in middles.values():
                for part in table[figure.column].chunks:
                    middle.look(Values(part))
        for at, found in zip(located, closer.results(), strict=True):
            results[at] = replace(results[at], finding=found.finding)
        for at, (figure, middle) in middles.items():
            exact = figure.told(middle.median, middle.median, scan.redaction)
            results[at] = replace(results[at], finding=exact)
    return ValidationReport(scan.name, scan.rows, tuple(results))


def judge_tables(judge: Judge, tables: Sequence[pa.Table], *, name: str) -> ValidationReport:
    """The report on tables in memory, which share a schema."""
    scan = judge.scan(tables[0].schema, name=name)
    for table in tables:
        scan.table(table)
    return concluded(scan, again=lambda _: tables)


def completed(
    report: ValidationReport, judge: Judge, schema: pa.Schema, feed: Callable[[Scan], None], again: Again
) -> ValidationReport:
    """A profile's report, completed by the rows: for rules that it leaves open, or whose breaks it cannot count."""
    rules = judge.expectations(schema.names)
    open_ = [at for at in range(len(rules)) if _is_open(report.results[at])]
    if not open_:
        return report
    scan = Scan([rules[at] for at in open_], schema, judge.redaction, name=report.name)
    feed(scan)
    results = list(report.results)
    for at, result in zip(open_, concluded(scan, again=again).results, strict=True):
        results[at] = result
    return replace(report, results=tuple(results))


def _is_open(result: Result) -> bool:
    uncounted = result.failed and result.finding.unexpected is None and result.finding.elements is not None
    return result.finding.passed is None or uncounted
