"""`evergreen data checkout`: a version as files again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.data_look import Version
from evergreen.cli.data_store import DatasetOption, StoreOption, opened
from evergreen.cli.options import Json, ProjectFile, Stage
from evergreen.cli.output import show
from evergreen.cli.units import size_text
from evergreen.data import names
from evergreen.data.checkout import CheckedOut, parts_differ
from evergreen.data.checkout import checkout as check_out
from evergreen.wording import number_of

_READ_DIFFERING = (
    "\nIts parts differ in their columns: pandas.concat(map(pandas.read_parquet, files)) reads them all, "
    "pandas.read_parquet(folder) those of the first part only"
)


def checkout(
    version: Version,
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is in the way; other files stay.")] = False,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Make a folder hold a version's files: Parquet parts of a table, or the files that were stored whole."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        manifest = names.find(place.versions, place.dataset, version)
        done = check_out(place.versions.store, manifest, folder, force=force, progress=place.versions.progress)
        hint = _READ_DIFFERING if parts_differ(manifest, folder) else ""
    value = {"dataset": place.dataset, "version": manifest.version, "folder": str(folder), **vars(done)}
    show(value, json_=json_, text=f"{place.dataset} {manifest.version} → {folder}: {_told(done)}{hint}")


def _told(done: CheckedOut) -> str:
    counts = [
        f"{number_of(done.written, 'file')} written, {size_text(done.size)}",
        f"{done.kept:,} were there",
        f"{done.removed:,} removed" if done.removed else "",
        f"{done.others:,} that no checkout wrote stay" if done.others else "",
    ]
    return "; ".join(count for count in counts if count)
