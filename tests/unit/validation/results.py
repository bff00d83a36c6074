"""Results of declared checks."""

from __future__ import annotations

import pyarrow as pa

from evergreen.project.reader import parse_project
from evergreen.validation.judge import Judge, judge_tables
from evergreen.validation.report import Result, ValidationReport


def judged(table: pa.Table, *checks: str, columns: str = "") -> list[Result]:
    """The results of the named checks."""
    declared = f", columns: {{{columns}}}" if columns else ""
    text = f"{{project: p, target: y, data: {{dataset: d{declared}, rules: {{checks: [{', '.join(checks)}]}}}}}}"
    return named(judge_tables(Judge(parse_project(text)), [table], name="d"))


def named(report: ValidationReport) -> list[Result]:
    """Those of `data.rules.checks`, in their order."""
    return [each for each in report.results if each.declared.startswith("data.rules.checks")]
