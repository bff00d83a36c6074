"""`evergreen data profile`: the profile of a whole version, in the deployment's machine or in this process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from evergreen.aws import machines
from evergreen.aws.datasets import Datasets
from evergreen.cli.data_store import DatasetOption, Place, StoreOption, opened
from evergreen.cli.follow import follow
from evergreen.cli.options import Json, ProjectFile, Stage, Wait
from evergreen.cli.output import show
from evergreen.cli.session import open_session
from evergreen.data import names
from evergreen.data.manifest import Manifest
from evergreen.errors import DataRefused, EvergreenError
from evergreen.wording import number_of

_NAMED = 3
VersionOption = Annotated[str, typer.Option("--version", help="A version, a tag, the beginning of an id, or head.")]


def profile(
    version: VersionOption = "head",
    wait: Wait = False,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Profile a version object by object, many at a time, and merge once; what is there is not made again."""
    if store is None:
        _in_the_machine(version, project, stage, wait=wait, json_=json_)
        return
    with opened(store, dataset, project, stage, quiet=json_) as place:
        manifest = _table(names.find(place.versions, place.dataset, version))
        made = _here(place, manifest)
        rows = place.versions.profile(manifest).rows
    value = {**_about(manifest), "objects": len(manifest.objects), "made": made, "rows": rows}
    text = f"{manifest.dataset} {manifest.version}: {made:,} of {number_of(len(manifest.objects), 'object')} profiled"
    show(value, json_=json_, text=f"{text}, {number_of(rows, 'row')} in all")


def _here(place: Place, manifest: Manifest) -> int:
    """Both cores of this machine; how many objects had no profile."""
    from evergreen.data.profiling import profile_objects, unprofiled

    store = place.versions.store
    done = profile_objects(store, unprofiled(store, manifest), progress=place.versions.progress)
    if done.refused:
        more = f"; and {len(done.refused) - _NAMED:,} more" if len(done.refused) > _NAMED else ""
        raise DataRefused(f"{'; '.join(done.refused[:_NAMED])}{more}; evergreen data verify names all that is damaged")
    return done.made


def _in_the_machine(version: str, project: Path | None, stage: str, *, wait: bool, json_: bool) -> None:
    session = open_session(project, stage)
    found = names.find(Datasets(session.data), session.project.data.dataset, version)
    manifest = _table(found)
    name = f"profile-{manifest.id[:12]}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    asked = {"dataset": manifest.dataset, "manifest": manifest.id}
    execution = machines.start(session.deployment["ProfileMachineArn"], name, asked)
    if wait:
        follow(session, execution, quiet=json_).result()
    text = f"{manifest.dataset} {manifest.version}: {'profiled' if wait else f'being profiled by {name}'}"
    value = {**_about(manifest), "objects": len(manifest.objects), "execution": execution, "done": wait}
    show(value, json_=json_, text=text)


def _table(manifest: Manifest) -> Manifest:
    if not manifest.objects:
        raise EvergreenError(f"{manifest.dataset} {manifest.version} holds whole files, which have no profile")
    return manifest


def _about(manifest: Manifest) -> dict[str, Any]:
    return {"dataset": manifest.dataset, "version": manifest.version, "id": manifest.id}
