"""`evergreen data publish`: a version as a table of an Iceberg catalog, over the store's own objects."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import Annotated

import typer

from evergreen.cli.data_profile import VersionOption
from evergreen.cli.data_store import DatasetOption, StoreOption, opened
from evergreen.cli.options import Json, ProjectFile, Stage
from evergreen.cli.output import show
from evergreen.data import names
from evergreen.errors import EvergreenError
from evergreen.wording import number_of

CatalogOption = Annotated[
    str, typer.Option("--iceberg", metavar="CATALOG", help="glue (deployments), or sqlite:///FILE.")
]
TableOption = Annotated[
    str | None, typer.Option("--table", metavar="NAMESPACE.TABLE", help="Default: project.dataset, with _ for -.")
]


def publish(
    iceberg: CatalogOption,
    version: VersionOption = "head",
    table: TableOption = None,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Show a version as an Iceberg table to Athena, Spark and others; nothing is copied, and its objects stay."""
    from evergreen.aws.catalogs import canonical_name, open_catalog  # pyiceberg takes its time
    from evergreen.aws.iceberg import publish as publish_table
    from evergreen.aws.iceberg import translated
    from evergreen.data.publishing import reserve

    with opened(store, dataset, project, stage, quiet=json_) as place:
        manifest = names.find(place.versions, place.dataset, version)
        if not manifest.objects:
            raise EvergreenError(f"{place.dataset} {manifest.version} holds whole files; only tables can be published")
        owner = place.project.project if place.project else place.dataset
        name = _table(table or f"{owner}.{place.dataset}".replace("-", "_"))
        catalog = canonical_name(iceberg)
        with translated(f"publishing {place.dataset} {manifest.version} to {iceberg}"):
            kept = partial(reserve, place.versions.store, manifest, catalog=catalog, table=name)
            with closing(open_catalog(catalog, place.versions.store)) as there:
                done = publish_table(place.versions, manifest, there, name, reserve=kept)
    value = {"dataset": manifest.dataset, "version": manifest.version, "id": manifest.id, "catalog": catalog}
    changed = f"{number_of(done.added, 'file')} added, {done.removed:,} removed, {done.files - done.added:,} kept"
    text = f"{manifest.dataset} {manifest.version} → {name}, snapshot {done.snapshot}, tag {done.tag}: "
    show(value | vars(done), json_=json_, text=text + ("was there already" if done.unchanged else changed))


def _table(name: str) -> str:
    if len(name.split(".")) != 2 or not all(name.split(".")):
        raise EvergreenError(f"--table: {name!r} is not NAMESPACE.TABLE, such as {name.replace('.', '_')}.v2")
    return name
