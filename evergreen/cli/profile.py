"""`evergreen profile`: what is in some data files, without any cloud."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergreen.cli.options import Json
from evergreen.cli.output import as_json, console, errors, show_table
from evergreen.cli.units import shortened
from evergreen.errors import DataRefused
from evergreen.wording import number_of

if TYPE_CHECKING:
    from evergreen.profiles.column import ColumnProfile
    from evergreen.profiles.table import TableProfile

_COLUMNS = ("column", "kind", "missing", "min", "median", "mean", "max", "distinct", "most_frequent")
_SHOWN = 3  # frequent values in the table
_LONGEST = 24  # characters of a value in the table


def profile(
    files: Annotated[list[Path], typer.Argument(help="Parquet, CSV, JSON Lines or profile files: together one table.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it: .profile (compact) or .json.")] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads that share the work.")] = 2,
    json_: Json = False,
) -> None:
    """Summarise data files column by column in one pass; profiles of parts merge to the profile of the whole."""
    from evergreen.profiles.description import check_ending, describe, write_profile
    from evergreen.profiles.table import merge

    if out is not None:
        check_ending(out)
    parts = [read(file, threads) for file in files]
    check_kinds(files, parts)
    found = merge(parts)
    if out is not None:
        write_profile(found, out)
    if json_:
        as_json(describe(found))
        return
    rows = [_row(column) for column in found.columns.values()]
    size = f"{number_of(found.rows, 'row')}, {number_of(len(rows), 'column')}"
    title = f"{', '.join(file.name for file in files)}: {size}"
    show_table(rows, _COLUMNS, json_=False, title=title, empty="no columns")
    if out is not None:
        console.print(f"written to {out}", highlight=False)


def read(file: Path, threads: int = 2, *, whole: bool = True) -> TableProfile:
    """The profile of a data file, without `whole` what drift reads of it; or the one that a file holds."""
    from evergreen.profiles.build import profile_file
    from evergreen.profiles.description import is_profile, read_profile

    if is_profile(file):
        return read_profile(file)
    with errors.status(f"reading {file.name}") as status:
        return profile_file(
            file,
            threads=threads,
            progress=lambda rows: status.update(f"reading {file.name}: {rows:,} rows"),
            whole=whole,
        )


def check_kinds(files: Sequence[Path], parts: Sequence[TableProfile]) -> None:
    """Refuse files that do not make one table, by the column and the files that differ."""
    known: dict[str, tuple[str, str]] = {}
    for file, part in zip(files, parts, strict=True):
        for name, column in part.columns.items():
            kind, first = known.setdefault(name, (column.kind, file.name))
            if kind == "null":
                known[name] = (column.kind, file.name)
            elif column.kind not in (kind, "null"):
                raise DataRefused(f"column {name} is {kind} in {first} and {column.kind} in {file.name}")


def _row(column: ColumnProfile) -> dict[str, Any]:
    median = None
    if column.kind == "number" and column.quantiles is not None:
        median = float(column.quantiles.quantile(0.5))
    estimated = "≈ " if column.distinct_error else ""
    return {
        "column": column.name,
        "kind": column.kind,
        "missing": f"{column.missing:.1%}" if column.values < column.count else None,
        "min": column.min,
        "median": median,
        "mean": column.mean,
        "max": column.max,
        "distinct": f"{estimated}{column.distinct:,}",
        "most_frequent": ", ".join(f"{_short(value)} ({rows:,})" for value, rows in column.top[:_SHOWN]),
    }


def _short(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return shortened(text, _LONGEST)


COMMANDS = [profile]
