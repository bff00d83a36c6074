"""`report.html`: the summary as one self-contained page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from evergreen.cli.output import cell
from local.demo.plots import drift_by_month, quality_by_month, shares_over_time

STYLE = Path(__file__).with_name("report.css")
TONE = {
    **dict.fromkeys(("released", "promoted", "ok"), "good"),
    **dict.fromkeys(("refused", "insufficient_data"), "mid"),
    **dict.fromkeys(("rolled_back", "breach", "failed"), "bad"),
}


def write_report(summary: dict[str, Any]) -> str:
    """The page, with everything inside."""
    found = summary["predictions"]
    figures = [
        (f"{found['count']:,}", "predictions"),
        (f"{found['failed']} of {found['requests']:,}", "requests failed"),
        (f"{cell(found['p50_ms'])} ms", "p50, whole API"),
        (
            str(sum(run["outcome"] == "released" for run in summary["runs"])),
            f"releases from {len(summary['runs'])} runs",
        ),
        (f"{summary['duration_s']} s", "from nothing to here"),
    ]
    runs = [
        {**run, "metrics": _main(run["metrics"]), "champion": _main(run["champion_metrics"])} for run in summary["runs"]
    ]
    versions = ("at", "version", "rows", "new_rows", "message")
    parts = [
        _plot("Quality", quality_by_month(summary["quality"], summary["runs"])),
        _plot("Drift", drift_by_month(summary["drift"])),
        _plot("Releases: the challenger's share of traffic", shares_over_time(summary["releases"])),
        _table(
            "Runs",
            runs,
            (
                "as_of",
                "trigger",
                "data_version",
                "outcome",
                "model_version",
                "metrics",
                "champion",
                "judgement_reasons",
            ),
        ),
        _table(
            "Releases",
            summary["releases"],
            ("as_of", "from", "to", "strategy", "outcome", "requests", "failed_requests", "rollback_seconds", "reason"),
        ),
        _table("Decisions", summary["decisions"], ("at", "triggers", "decision", "reason")),
        _table("Data versions", summary["data_versions"], versions),
    ]
    boxes = "".join(
        f'<div class="figure"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for value, name in figures
    )
    lead = "Flights of 2013: will this flight arrive late? Every figure is read from the deployed system."
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Evergreen demo</title><style>{STYLE.read_text()}</style></head><body><h1>The loop, once around</h1>"
        f'<p class="lead">{lead}</p><div class="figures">{boxes}</div>{"".join(parts)}</body></html>'
    )


def _plot(title: str, svg: str) -> str:
    return f"<h2>{escape(title)}</h2>{svg}"


def _table(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    head = "".join(f"<th>{escape(column.replace('_', ' '))}</th>" for column in columns)
    body = "".join("<tr>" + "".join(_cell(row.get(column)) for column in columns) + "</tr>" for row in rows)
    return f'<h2>{escape(title)}</h2><div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _cell(value: Any) -> str:
    text = cell(value).removesuffix("T00:00:00Z")
    tone = TONE.get(text)
    return f'<td class="{tone}">{escape(text)}</td>' if tone else f"<td>{escape(text)}</td>"


def _main(metrics: dict[str, float] | None) -> float | None:
    return (metrics or {}).get("roc_auc")
