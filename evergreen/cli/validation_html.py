"""The validation report as one self-contained HTML page: what is broken first, then each column's rules."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evergreen.cli.html import document
from evergreen.validation.report import Result, Sample, ValidationReport
from evergreen.wording import number_of

VERDICTS = {"pass": "Every rule holds", "warn": "Accepted, with warnings", "fail": "Refused"}
MORE_STYLE = """
.badge.fail,.badge.error{background:var(--bad)}.badge.pass{background:var(--good)}
.badge.warning{background:var(--warn)}.bar{height:6px;border-radius:3px;background:var(--faint);width:120px}
.bar i{display:block;height:6px;border-radius:3px;background:var(--bad)}.warning .bar i{background:var(--warn)}
code{font:13px/1.5 ui-monospace,monospace;background:var(--faint);border-radius:4px;padding:1px 5px;
overflow-wrap:anywhere}
.tiles{display:flex;gap:36px;margin:18px 0 6px}.tiles b{display:block;font-size:24px;line-height:1.2}
table{width:100%}td:first-child{min-width:240px}td:last-child,th:last-child{padding-right:0}
"""
COLUMNS = ("rule", "column", "expected", "found", "rows", "samples")


def page(reports: Sequence[ValidationReport]) -> str:
    """The whole page; it loads nothing."""
    title = ", ".join(report.name for report in reports)
    body = "".join(_report(report) for report in reports)
    return document(f"Validation: {title}", f"{body}{_method()}", style=MORE_STYLE)


def _report(report: ValidationReport) -> str:
    badge = f'<span class="badge {report.verdict}">{VERDICTS[report.verdict]}</span>'
    held = [result for result in report.results if result.finding.passed]
    tiles = {
        "rules": len(report.results),
        "broken": len(report.violations),
        "warnings": len(report.warnings),
        "not decided": len(report.undecided),
        "hold": len(held),
    }
    shown = "".join(f"<div><b>{count:,}</b><span class=soft>{name}</span></div>" for name, count in tiles.items())
    return (
        f'<h1>Validation of {escape(report.name)} {badge}</h1><p class="soft">{number_of(report.rows, "row")}</p>'
        f'<div class="tiles">{shown}</div>'
        f"{_section('Broken rules', report.violations)}{_section('Warnings', report.warnings)}"
        f"{_section('Not decided', report.undecided)}{_by_column(held)}"
    )


def _section(title: str, results: Sequence[Result]) -> str:
    return f"<section><h2>{title}</h2>{_table(results)}</section>" if results else ""


def _by_column(results: Sequence[Result]) -> str:
    """Rules that hold, column by column."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(", ".join(result.columns) or "the table", []).append(result)
    shown = "".join(
        f"<details><summary>{escape(name)} <span class=soft>{len(found)} hold</span></summary>{_table(found)}</details>"
        for name, found in groups.items()
    )
    return f"<section><h2>Rules that hold</h2>{shown}</section>" if shown else ""


def _table(results: Sequence[Result]) -> str:
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(map(_line, results))}</table></div>'


def _line(result: Result) -> str:
    samples = " ".join(f"<code>{escape(_sample(sample))}</code>" for sample in result.finding.samples)
    return (
        f'<tr class="{result.severity if result.failed else ""}"><td>{escape(result.rule).replace("_", "_<wbr>")}<br>'
        f"<span class=soft>{escape(result.declared)}</span></td>"
        f"<td><b>{escape(', '.join(result.columns))}</b></td><td>{escape(result.expected)}</td>"
        f"<td>{escape(result.finding.observed)}</td><td>{_share(result)}</td><td>{samples}</td></tr>"
    )


def _share(result: Result) -> str:
    """The share of rows that break the rule, as a bar."""
    found = result.finding
    if not found.unexpected or not found.elements:
        return ""
    width = max(2.0, 100 * found.unexpected / found.elements)
    return f'{found.unexpected:,}<div class="bar"><i style="width:{width:.1f}%"></i></div>'


def _sample(sample: Sample) -> str:
    if sample.rows is not None:
        return f"{sample} × {sample.rows:,}"
    return str(sample)


def _method() -> str:
    sentences = (
        "Rules have the names of Great Expectations. Null, NaN and the infinities are missing values: only the rules "
        "about missing values judge them.",
        "Texts and identifiers are shown as the shape of their characters (Aa99), rows are counted from 1.",
        "Figures between two bounds come from a profile; a rule that they do not decide is left open.",
    )
    return f'<section class="soft"><p>{" ".join(sentences)}</p></section>'
