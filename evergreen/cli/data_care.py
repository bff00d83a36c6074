"""Commands that care for a store: verify, gc, pull."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.data_store import DatasetOption, StoreOption, opened
from evergreen.cli.options import Json, ProjectFile, Stage
from evergreen.cli.output import as_json, errors, show
from evergreen.cli.units import size_text
from evergreen.data.collection import GRACE_SECONDS, collect
from evergreen.data.directory import Directory
from evergreen.data.keys import branch_key
from evergreen.data.pull import pull as pull_dataset
from evergreen.data.verification import verify as verify_store
from evergreen.data.versions import Versions
from evergreen.errors import NotFound
from evergreen.wording import number_of


def verify(
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Read every byte of every version again, of all datasets or of one; exits with 1 and names what is damaged."""
    with opened(store, dataset, project, stage, whole=True, quiet=json_) as place:
        found = verify_store(place.versions.store, dataset=dataset, progress=place.versions.progress)
        if not found.versions and not found.damages:
            kept = place.versions.store
            pointer = kept.uri(branch_key(dataset)) if dataset else f"{kept.uri('datasets')}/*/branches/main.json"
            raise NotFound(f"there is nothing to verify: {pointer} does not exist")
    value = {**vars(found), "damages": [vars(damage) for damage in found.damages]}
    if json_:
        as_json(value)
    for damage in () if json_ else found.damages:
        needed = f"needed by {', '.join(damage.versions[:3])}{' …' if len(damage.versions) > 3 else ''}"
        errors.print(f"{damage.key} {damage.problem}; {needed}", style="red", markup=False, soft_wrap=True)
    for name in () if json_ else found.headless:
        told = f"warning: {name} has no version, only manifests: its first commit died, or its pointer was lost"
        errors.print(told, style="yellow", markup=False, soft_wrap=True)
    if found.damages:
        raise typer.Exit(1)
    amount = f"{number_of(found.versions, 'version')}, {number_of(found.objects, 'object')}, {size_text(found.size)}"
    if not json_:
        show(value, json_=False, text=f"{amount}: all as committed")


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    grace: Annotated[
        float,
        typer.Option(
            "--grace", min=0, help="Hours that unused objects are kept; less than a commit takes makes it start anew."
        ),
    ] = (GRACE_SECONDS / 3600),
    store: StoreOption = None,
    dataset: Annotated[str | None, typer.Option("--dataset", hidden=True)] = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Remove what no branch, tag, model or ledger entry of any dataset leads to; commits may go on meanwhile."""
    if store is not None and not store.is_dir():
        raise NotFound(f"{store}: there is no such directory, and so nothing to remove")
    with opened(store, dataset, project, stage, whole=True, quiet=json_) as place:
        roots = place.roots()
        found = collect(place.versions.store, grace=grace * 3600, dry_run=dry_run, now=time.time(), roots=roots)
    told = "would go" if dry_run else "removed"
    amount = f"{number_of(len(found.keys), 'object')}, {size_text(found.size)}"
    show(vars(found), json_=json_, text=f"{amount} {told}; {found.young:,} more unused: too young")


def pull(
    into: Annotated[Path, typer.Option("--into", help="The directory store that gets the copy.")],
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Copy a dataset with all its versions into a directory store; a pull that died goes on where it was."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        target = Versions(Directory(into))
        found = pull_dataset(place.versions, target, place.dataset, progress=place.versions.progress)
    text = f"{place.dataset} {found.version} and {found.versions - 1} before it → {into}"
    amount = f"{number_of(found.objects, 'object')}, {size_text(found.size)}"
    show({"dataset": place.dataset, **vars(found)}, json_=json_, text=f"{text}: {amount}")
