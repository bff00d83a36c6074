"""What a command prints: a table for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PIPE_WIDTH = 160  # where nothing tells how wide a line may be


class _Console(Console):
    """Prints texts of others, such as file names, without the terminal's commands in them."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)


def _console(*, stderr: bool) -> Console:
    """A console as wide as its terminal; a pipe or a file is read by programs that cut lines themselves."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return _Console(stderr=stderr, width=None if terminal else PIPE_WIDTH, highlight=False, markup=False)


console = _console(stderr=False)
errors = _console(stderr=True)


def printable(text: str) -> str:
    r"""Control characters but line ends and tabs as they are written in Python.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def as_json(value: Any) -> None:
    """One JSON document on standard output, never wrapped or coloured."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def say(text: str) -> None:
    """A text for a person, wrapped between words on a terminal only."""
    console.print(text, soft_wrap=not console.is_terminal)


def show(value: Mapping[str, Any], *, json_: bool, text: str) -> None:
    """`value` as JSON, or `text` for a person."""
    as_json(value) if json_ else say(text)


def show_facts(value: Mapping[str, Any], *, json_: bool) -> None:
    """`value` as JSON, or a line for each of its entries."""
    width = max(map(len, value), default=0)
    lines = [f"{name.replace('_', ' '):{width}}  {cell(found)}" for name, found in value.items()]
    show(value, json_=json_, text="\n".join(lines))


def show_table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, json_: bool, title: str, empty: str
) -> None:
    """Rows as JSON (whole), or as a table of `columns`, of which only the last may take several lines."""
    if json_:
        as_json(list(rows))
        return
    if not rows:
        say(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        last = column == columns[-1]
        table.add_column(column.replace("_", " "), no_wrap=not last, overflow="fold" if last else "ellipsis")
    for row in rows:
        table.add_row(*(Text(cell(row.get(column))) for column in columns))
    say(title)
    console.print(table)


def cell(value: Any) -> str:
    """A value as a short text on one line: – for nothing, four significant digits, lists joined."""
    if value is None or (isinstance(value, (str, list)) and not value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(item)}" for key, item in value.items())
    return printable(str(value)).replace("\n", "\\n")
