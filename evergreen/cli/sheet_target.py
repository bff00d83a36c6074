"""The datasheet's target: how often each label occurs, and which labels no model can tell apart."""

from __future__ import annotations

from html import escape

from evergreen.cli.html import section, table
from evergreen.datasheets.sheet import Datasheet


def target(sheet: Datasheet) -> str:
    """Nothing without a project."""
    if sheet.project is None:
        return ""
    declared = sheet.project.target
    name = escape(declared.name) + (f" = {escape(declared.expression)}" if declared.expression else "")
    rows = (
        (escape(label.label), f"{label.rows:,}", f"{label.share:.2%}", f"{label.low:.2%} … {label.high:.2%}",
         f"± {label.error:.2%}" if label.error else "exact")
        for label in sheet.labels
    )  # fmt: skip
    shown = table(("label", "rows", "share", "95 % interval", "counted"), rows) if sheet.labels else ""
    none = "" if sheet.labels else "<p>A number to estimate; its distribution is among the columns above.</p>"
    return section("Target", f"<p><b>{name}</b></p>{shown or none}{_conflicts(sheet)}")


def _conflicts(sheet: Datasheet) -> str:
    found = sheet.conflicts
    if found is None:
        return '<p class="soft">Equal rows with different labels were not looked for (--check-labels reads them).</p>'
    return (
        f"<p>{found.conflicting:,} of {found.rows:,} labelled rows have the same inputs as a row of another label "
        f"({found.repeated:,} share their inputs with any row); the best model of these inputs is still wrong in "
        f"{found.unavoidable:.2%} of the rows.</p>"
    )
