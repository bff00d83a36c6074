"""`drift`, `quality`, `decide` and `ledger`: what was measured and what was decided."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from evergreen.aws.ledger import KINDS, Kind
from evergreen.cli.drift_asked import Asked
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage
from evergreen.cli.output import show, show_table
from evergreen.cli.session import decision_time, open_session
from evergreen.cli.summaries import drift_line, quality_line, summary
from evergreen.errors import EvergreenError


def drift(
    reference: Annotated[
        Path | None, typer.Option("--reference", help="A data file, a saved profile or a folder: no cloud needed.")
    ] = None,
    current: Annotated[Path | None, typer.Option("--current", help="What to compare with the reference.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a self-contained report here.")] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="standard, or sensitive: sees 0.25 σ at 1,000 rows.")
    ] = "standard",
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="Do not judge this column.")] = None,
    include: Annotated[
        list[str] | None, typer.Option("--include", help="Judge it though it is a time or an id.")
    ] = None,
    multivariate: Annotated[
        bool, typer.Option("--multivariate", help="Judge the columns together, too: reads the rows again.")
    ] = False,
    season: Annotated[
        str | None,
        typer.Option("--season", help="Compare the same months, weekdays or hours only: year, week or day."),
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", help="The column that --season looks at, where several hold times.")
    ] = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Measure drift now, over the window that ends now (or --as-of); or between --reference and --current."""
    asked = Asked(preset, tuple(exclude or ()), tuple(include or ()), multivariate, season, time)
    if reference is not None or current is not None:
        _between(reference, current, asked, as_of=as_of, html=html, json_=json_)
        return
    if given := [*(["--html"] if html else []), *asked.given]:
        raise EvergreenError(f"{given[0]} needs --reference and --current: name both, or leave it out")
    at = decision_time(as_of, stage)
    finding = open_session(project, stage).invoke("DetectDriftFunction", {"as_of": at})
    title = f"model {finding.get('model_version') or '–'}: {drift_line(finding)}"
    if json_ or not finding.get("features"):
        show(finding, json_=json_, text=title)
        return
    show_table(
        finding["features"], ("name", "verdict", "psi", "ks", "p", "importance"), json_=False, title=title, empty=title
    )


def _between(
    reference: Path | None, current: Path | None, asked: Asked, *, as_of: str | None, html: Path | None, json_: bool
) -> None:
    """Files or saved profiles, whose comparison imports what a session does not need."""
    if reference is None or current is None:
        raise EvergreenError("--reference and --current belong together: name both")
    if as_of is not None:
        raise EvergreenError("--as-of is a time of a project: --reference and --current are compared whole")
    from evergreen.cli.drift_offline import measure_files

    measure_files(reference, current, asked, html=html, json_=json_)


def quality(project: ProjectFile = None, stage: Stage = "local", as_of: AsOf = None, json_: Json = False) -> None:
    """Measure quality now, on the true outcomes that have arrived."""
    at = decision_time(as_of, stage)
    finding = open_session(project, stage).invoke("MeasureQualityFunction", {"as_of": at})
    show(finding, json_=json_, text=f"model {finding.get('model_version') or '–'}: {quality_line(finding)}")


def decide(
    run: Annotated[
        bool, typer.Option("--run", help="Record the decision, and start the training run when it is yes.")
    ] = False,
    project: ProjectFile = None,
    stage: Stage = "local",
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Take the retraining decision from what the ledger knows."""
    payload = {"as_of": decision_time(as_of, stage), "dry_run": not run}
    decision = open_session(project, stage).invoke("DecideRetrainingFunction", payload)
    started = f"\nstarted {decision['run_id']}" if decision.get("run_id") else ""
    text = f"{'retrain' if decision['decision'] else 'do not retrain'}: {decision['reason']}{started}"
    show(decision, json_=json_, text=text)


def ledger(
    kind: Annotated[Kind | None, typer.Option("--kind", help="Entries of this kind only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many entries.")] = 20,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """The record of every decision, newest first."""
    session = open_session(project, stage)
    kinds: tuple[Kind, ...] = tuple(known for known in KINDS if kind in (None, known))
    entries = [entry for each in kinds for entry in session.ledger.query(each, limit=limit)]
    entries.sort(key=lambda entry: entry.recorded_at, reverse=True)
    rows: list[dict[str, Any]] = [asdict(entry) for entry in entries[:limit]]
    if not json_:
        rows = [{**row, "what": summary(row["kind"], row["evidence"])} for row in rows]
    show_table(rows, ("at", "kind", "subject", "what"), json_=json_, title="ledger", empty="the ledger is empty")


COMMANDS = [drift, quality, decide, ledger]
