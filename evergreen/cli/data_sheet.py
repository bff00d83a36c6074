"""`evergreen data sheet`: the datasheet of a version, as a page, as JSON, or in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from evergreen.cli.data_store import DatasetOption, Place, StoreOption, opened
from evergreen.cli.options import Json, ProjectFile, Stage
from evergreen.cli.output import as_json, console, show_table
from evergreen.data import names
from evergreen.data.keys import object_key
from evergreen.data.manifest import DataObject, Manifest
from evergreen.data.whole import write_whole
from evergreen.datasheets.labels import Conflicts, conflicts
from evergreen.datasheets.sheet import Datasheet
from evergreen.errors import EvergreenError, NotFound
from evergreen.times import instant
from evergreen.wording import number_of

Version = Annotated[str, typer.Option("--version", help="A version, a tag, the beginning of an id, or head.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="OUT", help="Write the sheet as one HTML page.")]
Model = Annotated[
    str | None, typer.Option("--model", metavar="VERSION", help="The data version that this model learned from.")
]
CheckLabels = Annotated[
    bool, typer.Option("--check-labels", help="Look for equal rows with different labels: reads the rows.")
]


def sheet(
    version: Version = "head",
    model: Model = None,
    html: Html = None,
    check_labels: CheckLabels = False,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """The datasheet of a version: what it holds, whom it represents, where it is from and what was made of it."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        found = _learned_from(place, model) if model else version
        manifest = names.find(place.versions, place.dataset, found)
        made = _sheet(place, manifest, check_labels=check_labels)
    if html is not None:
        _write(made, html)
    if json_:
        as_json(made.to_dict())
    else:
        _print(made, html)


def _learned_from(place: Place, model: str) -> str:
    if place.uses is None:
        raise EvergreenError("--model asks a deployment's ledger, and a directory has none; leave --store out")
    found = next((use.manifest for use in place.uses() if use.model_version == model), None)
    if found is None:
        raise NotFound(f"no run made the model {model}; evergreen status lists the registered ones")
    return found


def _sheet(place: Place, manifest: Manifest, *, check_labels: bool) -> Datasheet:
    from evergreen.validation.version import validate

    profile = place.versions.profile(manifest) if manifest.objects else None
    found: tuple[str, ...] = ()
    if profile and place.project:
        name, committed = f"{manifest.dataset} {manifest.version}", instant(manifest.committed_at)
        report = validate(profile, place.project, name=name, as_of=committed)
        found = tuple(result.sentence for result in (*report.violations, *report.warnings))
    history = list(place.versions.history(manifest.dataset, manifest))
    uses = place.uses() if place.uses else None
    sheet = Datasheet.of(history, profile, place.project, warnings=found, uses=uses)
    if not check_labels:
        return sheet
    return sheet.checked(_conflicts(place, sheet))


def _conflicts(place: Place, sheet: Datasheet) -> Conflicts:
    from evergreen.data.target import target_of

    if place.project is None or not sheet.manifest.objects:
        raise EvergreenError("--check-labels needs a project file that names the target of a table")
    target = target_of(place.project)
    inputs = [column.name for column in sheet.columns if column.excluded is None]
    return conflicts(_tables(place, sheet.manifest, [*inputs, target.column]), inputs, target)


def _tables(place: Place, manifest: Manifest, columns: list[str]) -> Iterator[pa.Table]:
    from evergreen.data.tables import from_parquet

    def read(item: DataObject) -> pa.Table:
        return from_parquet(place.versions.store.get(object_key(item.sha256)), columns)

    for done, item in enumerate(manifest.objects, start=1):
        yield read(item)
        place.versions.progress("reading", done, len(manifest.objects))


def _write(made: Datasheet, path: Path) -> None:
    from evergreen.cli.sheet_html import page

    write_whole(path, page(made).encode())


def _print(made: Datasheet, html: Path | None) -> None:
    manifest = made.manifest
    console.print(
        f"{manifest.dataset} {manifest.version}  {manifest.id[:12]}\n{number_of(manifest.rows, 'row')}, "
        f"{number_of(len(made.columns), 'column')}; from {manifest.source.name}, {manifest.committed_at}"
    )
    for each in made.representation:
        rows = [vars(group) | {"ratio": group.ratio} for group in each.groups]
        title = f"{each.column}: {each.verdict.replace('_', ' ')}"
        shown = ("name", "rows", "share", "low", "high", "population", "ratio", "finding")
        show_table(rows, shown, json_=False, title=title, empty=title)
    for use in made.uses or ():
        console.print(f"{use.run_id}: {use.outcome}, model {use.model_version or '–'}")
    for warning in made.warnings:
        console.print(f"warning: {warning}", style="yellow")
    if html is not None:
        console.print(f"sheet: {html}")
