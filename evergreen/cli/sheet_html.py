"""The datasheet as one self-contained HTML page, in the order of Gebru et al."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import Any

from evergreen.cli.html import document, facts, number, section, table
from evergreen.cli.sheet_groups import representation
from evergreen.cli.sheet_lineage import lineage
from evergreen.cli.sheet_svg import sketch, versions
from evergreen.cli.sheet_target import target
from evergreen.cli.units import size_text
from evergreen.datasheets.columns import SheetColumn
from evergreen.datasheets.sheet import Datasheet
from evergreen.project.joins import Join
from evergreen.wording import number_of

STYLE = """
body{max-width:1180px}h3{font-size:15px;margin:18px 0 4px}code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
ul{margin:6px 0;padding-left:20px}
"""
METHOD = (
    "After Gebru et al., Datasheets for datasets (2021). Figures come from the version's profile: counts, missing "
    "shares and ranges are exact, ≈ marks an estimate with a relative standard error of 3 %. A version is immutable: "
    "its id is the hash of its manifest, and evergreen data verify reads every byte again."
)
MOST_VERSIONS = 20  # listed below the chart


def page(sheet: Datasheet) -> str:
    """The whole page; it loads nothing."""
    name = f"{sheet.manifest.dataset} {sheet.manifest.version}"
    parts = (_motivation, _composition, _collection, _preparation, target, representation, _limits, lineage)
    body = "".join(part(sheet) for part in parts)
    return document(f"Datasheet: {name}", f'{body}<section class="soft"><p>{METHOD}</p></section>', style=STYLE)


def _motivation(sheet: Datasheet) -> str:
    manifest, project = sheet.manifest, sheet.project
    said = {
        "project": escape(project.project) if project else None,
        "purpose": escape(project.objective.business) if project and project.objective.business else None,
        "id": f"<code>{manifest.id}</code>",
        "committed": f"{escape(manifest.committed_at)}: {escape(manifest.message)}",
    }
    about = escape(project.description) if project and project.description else ""
    return f"<h1>Datasheet of {escape(manifest.dataset)} {escape(manifest.version)}</h1><p>{about}</p>{facts(said)}"


def _composition(sheet: Datasheet) -> str:
    manifest = sheet.manifest
    if manifest.files:
        shown = f"{number_of(len(manifest.files), 'whole file')}, {size_text(sheet.size)}."
        return section("Composition", f"<p>{shown}</p>")
    table_size = f"{number_of(manifest.rows, 'row')}, {number_of(len(sheet.columns), 'column')}"
    shown = f"{table_size}, {size_text(sheet.size)} in {number_of(len(manifest.objects), 'part')}."
    heads = ("column", "type and role", "missing", "range", "distinct", "distribution")
    rows = (_column(column) for column in sheet.columns)
    return section("Composition", f"<p>{shown}</p>{table(heads, rows)}")


def _column(column: SheetColumn) -> Sequence[str]:
    found, said = column.profile, column.declared
    notes = [said.description or ""] if said else []
    notes += [f"joined from {column.joined_from}"] if column.joined_from else []
    described = f'<br><span class="soft">{escape("; ".join(note for note in notes if note))}</span>'
    kind = f'{escape(column.type)}<br><span class="soft">{column.role}</span>'
    if found is None:
        return f"<b>{escape(column.name)}</b>{described}", kind, "–", "–", "–", ""
    unit = f" {escape(said.unit)}" if said and said.unit else ""
    reach = f"{_end(found.min)} … {_end(found.max)}{unit}" if found.min is not None else "–"
    mean = f'<br><span class="soft">mean {number(found.mean)}</span>' if found.mean is not None else ""
    about = "≈ " if found.distinct_error else ""
    return (
        f"<b>{escape(column.name)}</b>{described}", kind, f"{found.missing:.2%}", reach + mean,
        f"{about}{found.distinct:,}", sketch(found),
    )  # fmt: skip


def _collection(sheet: Datasheet) -> str:
    manifest = sheet.manifest
    mode = "new rows are appended" if manifest.new_files == "append" else "each commit replaces the whole"
    said = {
        "source": f"{escape(manifest.source.name)}<br><code>{manifest.source.sha256}</code>",
        "new files": mode,
        "joined with": "<br>".join(
            f"{escape(each.dataset)} {escape(each.version)} <code>{each.manifest[:12]}</code>"
            for each in manifest.source.joined
        ),
        "versions": f"{len(sheet.history):,} up to this one",
    }
    rows = (
        (escape(item.version), f"<code>{id_[:12]}</code>", escape(item.committed_at), f"{item.rows:,}",
         escape(item.source.name), escape(item.message))
        for id_, item in sheet.history[:MOST_VERSIONS]
    )  # fmt: skip
    listed = table(("version", "id", "committed", "rows", "source", "message"), rows)
    which = "The newest" if len(sheet.history) > MOST_VERSIONS else "All"
    more = f"<details><summary>{which} versions</summary>{listed}</details>"
    chart = versions(sheet.history) if manifest.rows else ""
    return section("Collection", f"{facts(said)}<h3>Rows by version</h3>{chart}{more}")


def _preparation(sheet: Datasheet) -> str:
    if sheet.project is None:
        return ""
    data, project = sheet.project.data, sheet.project
    split = data.split
    joins = [_join(join) for join in data.join]
    parts = [f"{each.time_parts.of}: {', '.join(each.time_parts.parts)}" for each in project.features]
    held = f"by {split.by}: {_amount(split.validation)} validation, {_amount(split.test)} test" if split else None
    encoded = [f"{name}: {column.encode}" for name, column in data.columns.items() if column.encode]
    said = {
        "stored types": "integers, doubles, booleans, texts and UTC timestamps; declared types are enforced at commit",
        "joined columns": "<br>".join(escape(each) for each in joins),
        "prepared": "<br>".join(escape(str(step)) for step in data.prepare),
        "time of a row": escape(data.time) if data.time else None,
        "time parts": escape("; ".join(parts)),
        "encoding": escape("; ".join(encoded)),
        "held out": held or f"by default: {'the last days' if data.time else '15% validation, 15% test, at random'}",
    }
    return section("Preparation and splits", facts(said))


def _join(join: Join) -> str:
    when = f", the newest row by {join.as_of} at or before the row's time" if join.as_of else ""
    within = f", at most {_hours(join.within)} old" if join.within else ""
    return f"{', '.join(join.columns)} from {join.dataset} on {', '.join(join.on)}{when}{within}"


def _limits(sheet: Datasheet) -> str:
    left = [f"<b>{escape(each.name)}</b> is no input: {each.excluded}" for each in sheet.columns if each.excluded]
    told = [escape(warning) for warning in sheet.warnings]
    shown = "".join(f"<li>{each}</li>" for each in (*told, *left))
    return section("Known limits", f"<ul>{shown}</ul>") if shown else ""


def _end(value: Any) -> str:
    return escape(number(value) if isinstance(value, float) else str(value))


def _hours(value: timedelta) -> str:
    return f"{value.total_seconds() / 3600:g} hours"


def _amount(value: timedelta | float) -> str:
    return f"{value.total_seconds() / 86400:g} days" if isinstance(value, timedelta) else f"{value:.0%}"
