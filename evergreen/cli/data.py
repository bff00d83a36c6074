"""`evergreen data …`: versions of datasets, as git and DVC speak of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evergreen.cli.data_care import gc, pull, verify
from evergreen.cli.data_checkout import checkout
from evergreen.cli.data_land import fetch, land, retry
from evergreen.cli.data_look import diff, log, show_version, tag
from evergreen.cli.data_profile import profile
from evergreen.cli.data_publish import publish
from evergreen.cli.data_rules import keep, suggest, tell_broken, validate
from evergreen.cli.data_sheet import sheet
from evergreen.cli.data_store import DatasetOption, Place, StoreOption, opened
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage
from evergreen.cli.output import errors, show
from evergreen.cli.units import size_text
from evergreen.data.commits import CommitResult, Content, Incoming
from evergreen.data.manifest import NewFiles
from evergreen.data.staging import Staging
from evergreen.errors import EvergreenError, RulesBroken
from evergreen.times import instant
from evergreen.versioning import Part
from evergreen.wording import number_of

if TYPE_CHECKING:
    from evergreen.validation.judge import Judge

app = typer.Typer(help="Versions of datasets.", no_args_is_help=True)
Append = Annotated[
    bool | None,
    typer.Option("--append/--replace", help="New rows below the old ones, or the whole anew; default: the project's."),
]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write what the rules found, as one HTML page.")
]
Whole = Annotated[bool, typer.Option("--files", help="Store files as they are, tables too.")]
Source = Annotated[
    Path, typer.Argument(help="A CSV, JSON Lines or Parquet file, any other file, or a folder.", exists=True)
]


@app.command()
def add(
    source: Source,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    append: Append = None,
    whole: Whole = False,
    project: ProjectFile = None,
    stage: Stage = "local",
    report: Report = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Bring a file or a folder into the store, for the next commit."""
    with opened(store, dataset, project, stage, as_of=as_of, quiet=json_) as place:
        content = _prepared(place, source, mode=_mode(place, append), whole=whole, report=report)
        place.staging.add(content, source)
        value = {
            "dataset": place.dataset,
            "source": content.source.name,
            "rows": content.rows,
            "new_bytes": content.new_bytes,
            "warnings": [*content.warnings, *content.left_out],
        }
    _warn(content, json_=json_)
    show(value, json_=json_, text=f"{place.dataset}: added {content.source.name}, {_amount(content)}")


@app.command()
def commit(
    source: Annotated[
        Path | None, typer.Argument(help="A file or a folder; default: what was added.", exists=True)
    ] = None,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    message: Annotated[str, typer.Option("--message", "-m", help="Why this version.")] = "",
    append: Append = None,
    bump: Annotated[str | None, typer.Option("--bump", help="At least major, minor or patch.")] = None,
    whole: Whole = False,
    project: ProjectFile = None,
    stage: Stage = "local",
    report: Report = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Commit a file, a folder or what was added as the next data version; refused data changes nothing."""
    part = _part(bump)
    _check_text(message)
    with opened(store, dataset, project, stage, as_of=as_of, quiet=json_) as place:
        mode = _mode(place, append)
        staging = place.staging
        if source is not None:
            content = _prepared(place, source, mode=mode, whole=whole, report=report)
        else:
            content = _taken(place, staging, mode=mode, report=report)
        said = message or f"commit {content.source.name}"
        result = place.versions.publish(place.dataset, Incoming(content, mode, said, place.at, part))
        if source is None:
            staging.clear()
    _warn(content, json_=json_)
    value = {**vars(result), "warnings": [*content.warnings, *content.left_out]}
    show(value, json_=json_, text=f"{place.dataset} {result.version}: {_outcome(result, content)}")


def _prepared(place: Place, source: Path, *, mode: NewFiles, whole: bool, report: Path | None) -> Content:
    """The content; one that breaks the project's rules is told as a table, and refused."""
    place.check_outside(source)
    cache, wanted, judge = place.cache, place.wanted(mode), _judge(place)
    prepare = partial(place.versions.prepare, place.dataset, source, wanted, mode=mode, cache=cache, whole=whole)
    try:
        return _reported(lambda: prepare(judge=judge), report)
    finally:
        cache.save()


def _taken(place: Place, staging: Staging, *, mode: NewFiles, report: Path | None) -> Content:
    """What was added, judged again as it joins the dataset."""
    ingest, judge = place.versions.ingest(), _judge(place)
    content = staging.take(ingest)
    if content is None:
        raise EvergreenError("nothing was added; name a file, or add some first: evergreen data add FILE")
    if judge is None or not content.objects or not ingest.complete(content):  # publishing says what is gone
        return content
    from evergreen.data.judging import judged_together

    head = place.versions.head(place.dataset)
    return _reported(lambda: judged_together(content, place.versions.store, head, mode, judge), report)


def _judge(place: Place) -> Judge | None:
    from evergreen.validation.judge import Judge

    return Judge(place.project, instant(place.at)) if place.project else None


def _reported(work: Callable[[], Content], report: Path | None) -> Content:
    try:
        found = work()
    except RulesBroken as error:
        tell_broken(error.report, report)
        raise
    if report is not None:
        keep(found.report, report)
    return found


def _warn(content: Content, *, json_: bool) -> None:
    """What the rules warn of; a row count that a training run would refuse, too; files that are not committed."""
    results = content.report.warnings if content.report else ()
    sentences = [result.sentence for result in results] or list(content.warnings)
    for sentence in () if json_ else [*sentences, *content.left_out]:
        errors.print(f"warning: {sentence}", style="yellow", soft_wrap=True)


def _mode(place: Place, append: bool | None) -> NewFiles:
    if append is None:
        return place.mode
    return "append" if append else "replace"


def _part(bump: str | None) -> Part | None:
    if bump not in (None, "major", "minor", "patch"):
        raise EvergreenError(f"--bump: {bump!r} is none of major, minor, patch")
    return bump  # type: ignore[return-value]


def _check_text(message: str) -> None:
    try:
        message.encode()
    except UnicodeEncodeError as error:
        raise EvergreenError("--message: is not UTF-8 text") from error


def _outcome(result: CommitResult, content: Content) -> str:
    if result.unchanged:
        return f"unchanged, {number_of(result.rows, 'row')}" if content.objects else "unchanged"
    return f"{_amount(content)}; {number_of(result.rows, 'row')} in all" if content.objects else _amount(content)


def _amount(content: Content) -> str:
    what = number_of(content.rows, "row") if content.objects else number_of(len(content.files), "file")
    return f"{what}, {size_text(content.new_bytes)} new of {size_text(content.size)}"


_OTHERS: dict[str, Callable[..., None]] = {
    "log": log, "show": show_version, "diff": diff, "checkout": checkout, "tag": tag, "verify": verify, "gc": gc,
    "sheet": sheet, "pull": pull, "profile": profile, "publish": publish, "land": land, "fetch": fetch, "retry": retry,
    "validate": validate, "suggest": suggest,
}  # fmt: skip
for name, command in _OTHERS.items():
    app.command(name)(command)
