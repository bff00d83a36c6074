"""The end of the demo: three tables, and where to look next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from evergreen.cli.output import cell

PIPE_WIDTH = 140


def demo_console(*, quiet: bool) -> Console:
    """Standard output, or nowhere."""
    if quiet:
        return Console(quiet=True)
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def print_summary(console: Console, summary: dict[str, Any], out: Path) -> None:
    """Versions, releases, decisions, the figures of the API, and the files."""
    runs = [
        {**run, "metric": _first(run["metrics"]), "champion": _first(run["champion_metrics"])}
        for run in summary["runs"]
    ]
    releases = [{**release, "steps": _shares(release["steps"])} for release in summary["releases"]]
    _table(
        console, "runs", runs, ("as_of", "trigger", "data_version", "outcome", "model_version", "metric", "champion")
    )
    columns = ("as_of", "from", "to", "strategy", "steps", "outcome", "requests", "failed_requests", "rollback_seconds")
    _table(console, "releases", releases, columns)
    _table(console, "decisions", summary["decisions"], ("at", "triggers", "decision", "reason"))
    found = summary["predictions"]
    console.print(
        f"\n{found['count']:,} predictions in {found['requests']:,} requests, {found['failed']} failed; "
        f"p50 {cell(found['p50_ms'])} ms, p99 {cell(found['p99_ms'])} ms   ·   {summary['duration_s']} s in all",
        highlight=False,
    )
    console.print(f"API      {summary['api_url']}", highlight=False, soft_wrap=True)
    console.print(f"summary  {out / 'summary.json'}\nreport   {out / 'report.html'}", highlight=False, soft_wrap=True)


def _table(console: Console, title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_short(row.get(column)) for column in columns))
    console.print()
    console.print(table)


def _short(value: Any) -> str:
    text = cell(value)
    return text.removesuffix("T00:00:00Z")


def _first(metrics: dict[str, float] | None) -> float | None:
    return (metrics or {}).get("roc_auc")


def _shares(steps: list[dict[str, Any]] | None) -> str:
    return " → ".join(f"{step['share']:.0%}" for step in steps or [])
