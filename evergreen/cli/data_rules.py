"""Commands about rules: validate data against a project's, suggest the first ones from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergreen.cli.data_store import DatasetOption, StoreOption, bar, opened
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage
from evergreen.cli.output import as_json, console, errors, show_table
from evergreen.cli.session import LOCAL_STAGE, decision_time, default_project
from evergreen.data import names
from evergreen.data.sources import PARQUET
from evergreen.data.whole import write_whole
from evergreen.errors import DataRefused, EvergreenError
from evergreen.project.reader import read_project
from evergreen.times import instant

if TYPE_CHECKING:
    from evergreen.validation.report import Result, ValidationReport

_COLUMNS = ("verdict", "rule", "column", "finding")
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page.")]


def validate(
    files: Annotated[list[Path] | None, typer.Argument(help="CSV, JSON Lines or Parquet files, or folders.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="A committed version instead of files.")] = None,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    profile: Annotated[
        Path | None, typer.Option("--profile", help="The saved profile of the one Parquet file: less is read.")
    ] = None,
    html: Html = None,
    verbose: Annotated[bool, typer.Option("--all", help="Print the rules that hold, too.")] = False,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Judge files, or a committed version, by the project's rules; exits with 1 when a rule of severity error breaks.

    Files need no cloud. Of a version, rules about figures are answered from its profile, the others from its rows.
    """
    if bool(files) == (version is not None):
        raise EvergreenError("name files to validate, or a committed version with --version")
    if version is not None:
        reports = [_of_version(version, store, dataset, project, stage, as_of, quiet=json_)]
    else:
        reports = _of_files(files or [], project, as_of, profile, quiet=json_)
    if html is not None:
        _write(reports, html)
    if json_:
        as_json([report.to_dict() for report in reports] if len(reports) > 1 else reports[0].to_dict())
    for report in () if json_ else reports:
        tell(report, verbose=verbose)
    if html is not None and not json_:
        console.print(f"report: {html}")
    if any(report.violations for report in reports):
        raise typer.Exit(1)


def suggest(
    file: Annotated[Path, typer.Argument(help="A Parquet, CSV, JSON Lines or profile file.", exists=True)],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it there.")] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="The dataset's name; default: the file's.")] = None,
) -> None:
    """Propose a project's `data:` block, with columns and rules that this file keeps, to read and to edit."""
    from evergreen.cli.profile import read
    from evergreen.validation.suggestion import dataset_name, suggested

    text = suggested(read(file, threads=2), dataset=dataset or dataset_name(file.name), source=file.name)
    if out is None:
        console.file.write(text)
        return
    write_whole(out, text.encode())
    console.print(f"written to {out}; read it, then put it into project.yaml")


def tell(report: ValidationReport, *, verbose: bool = False) -> None:
    """The broken rules, and what is open; all of them on demand."""
    shown = report.ranked if verbose else (*report.violations, *report.warnings, *report.undecided)
    title = f"{report.name}: {report.summary}"
    show_table([_row(result) for result in shown], _COLUMNS, json_=False, title=title, empty=title)


def tell_broken(report: ValidationReport, html: Path | None) -> None:
    """What refused the data, and where the page about it is."""
    if html is not None:
        keep(report, html)
    rows = [_row(result) for result in (*report.violations, *report.warnings)]
    if not _as_program():
        show_table(rows, _COLUMNS, json_=False, title=f"{report.name}: {report.summary}", empty="")


def keep(report: ValidationReport | None, html: Path) -> None:
    """Write the page; of rows that were judged before there is none."""
    if report is None:
        errors.print(f"no report: nothing was judged anew; evergreen data validate --html {html} makes one")
        return
    _write([report], html)


def _of_files(
    files: Sequence[Path], project: Path | None, as_of: str | None, profile: Path | None, *, quiet: bool
) -> list[ValidationReport]:
    from evergreen.profiles.description import read_profile
    from evergreen.validation.files import judge_path, judge_profiled
    from evergreen.validation.judge import Judge

    declared = read_project(project or default_project(), stage=LOCAL_STAGE)
    judge = Judge(declared, instant(decision_time(as_of, LOCAL_STAGE)))
    for file in files:
        if not file.exists():
            raise DataRefused(f"{file}: there is no such file")
    if profile is not None:
        if len(files) != 1 or not files[0].name.lower().endswith(PARQUET):
            raise EvergreenError("--profile is about one Parquet file")
        known = read_profile(profile)
        if not _is_newer(files[0], profile):
            return [judge_profiled(judge, files[0], known)]
        if not quiet:
            errors.print(f"{files[0].name} changed after {profile.name} was written: all of it is read")
    with bar(quiet=quiet) as progress:
        return [judge_path(judge, file, progress=progress) for file in files]


def _is_newer(file: Path, profile: Path) -> bool:
    """Whether a file was written, or put in its place, after its profile was."""
    found = file.stat()
    return max(found.st_mtime_ns, found.st_ctime_ns) >= profile.stat().st_mtime_ns


def _of_version(
    version: str,
    store: Path | None,
    dataset: str | None,
    project: Path | None,
    stage: str,
    as_of: str | None,
    *,
    quiet: bool,
) -> ValidationReport:
    from evergreen.validation.committed import judge_version

    with opened(store, dataset, project, stage, as_of=as_of, quiet=quiet) as place:
        if place.project is None:
            raise EvergreenError(f"no project declares {place.dataset}; name its file with --project")
        manifest = names.find(place.versions, place.dataset, version)
        at = instant(place.at if as_of else manifest.committed_at)
        return judge_version(place.versions, manifest, place.project, as_of=at)


def _row(result: Result) -> dict[str, Any]:
    verdict = result.finding.verdict
    word = {"fail": result.severity, "pass": "ok", "not_decided": "not decided"}[verdict]
    return {
        "verdict": word,
        "rule": result.rule.removeprefix("expect_"),
        "column": list(result.columns),
        "finding": result.finding_text,
    }


def _write(reports: Sequence[ValidationReport], html: Path) -> None:
    from evergreen.cli.validation_html import page

    write_whole(html, page(reports).encode())


def _as_program() -> bool:
    import sys

    return "--json" in sys.argv
