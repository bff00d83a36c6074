"""What a command prints: a table for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console()
errors = Console(stderr=True)


def as_json(value: Any) -> None:
    """One JSON document on standard output, never wrapped or coloured."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def show(value: Mapping[str, Any], *, json_: bool, text: str) -> None:
    """`value` as JSON, or `text` for a person."""
    as_json(value) if json_ else console.print(text, highlight=False)


def speaker(*, quiet: bool) -> Callable[[str], None]:
    """How a long command tells what it is doing: a line each, or not at all."""
    return errors.print if not quiet else lambda _text: None


def show_table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, json_: bool, title: str, empty: str
) -> None:
    """Rows as JSON (whole), or as a table of `columns`."""
    if json_:
        as_json(list(rows))
        return
    if not rows:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    console.print(table)


def cell(value: Any) -> str:
    """A value as a short text: – for nothing, four significant digits, lists joined."""
    if value is None or value == [] or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items())
    return str(value)
