"""`evergreen data …`: versions of datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from evergreen.cli.options import AsOf, Json, ProjectFile, Stage
from evergreen.cli.output import errors, show, show_table
from evergreen.cli.session import Session, decision_time, open_session
from evergreen.errors import EvergreenError

app = typer.Typer(help="Versions of datasets.", no_args_is_help=True)
Dataset = Annotated[
    str | None, typer.Option("--dataset", metavar="NAME", help="The dataset; default: the project's own.")
]


@app.command()
def commit(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV or Parquet file, or a folder of them.", exists=True)
    ],
    dataset: Dataset = None,
    message: Annotated[str, typer.Option("--message", "-m", help="Why this version.")] = "",
    project: ProjectFile = None,
    stage: Stage = "local",
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Commit a file (or every file of a folder) as the next data version; refused data changes nothing."""
    from evergreen.aws.datasets import Datasets
    from evergreen.data.tables import read_files

    at = decision_time(as_of, stage)
    session = open_session(project, stage)
    _known(session, dataset)
    with errors.status(f"reading {escape(source.name)}"):
        table = read_files(source, session.project)
        result = Datasets(session.data, session.ledger).commit(
            session.project.data.dataset,
            table,
            mode=session.project.data.new_files,
            message=message or f"commit {source.name}",
            as_of=at,
            source=source.name,
        )
    state = "nothing new" if result.unchanged else f"{result.new_rows:,} new rows"
    text = f"{session.project.data.dataset} {result.version}: {state}, {result.rows:,} in all"
    show(vars(result), json_=json_, text=text)


@app.command()
def log(dataset: Dataset = None, project: ProjectFile = None, stage: Stage = "local", json_: Json = False) -> None:
    """The versions of a dataset, newest first."""
    from evergreen.aws.datasets import Datasets

    session = open_session(project, stage)
    _known(session, dataset)
    versions = Datasets(session.data, session.ledger).log(session.project.data.dataset)
    rows = [
        {
            "version": each.manifest.version,
            "id": each.id,
            "rows": each.manifest.rows,
            "objects": len(each.manifest.objects),
            "committed_at": each.manifest.committed_at,
            "message": each.manifest.message,
        }
        for each in versions
    ]
    columns = ("version", "rows", "objects", "committed_at", "message")
    empty = f"{session.project.data.dataset} has no version yet; commit one: evergreen data commit FILE"
    show_table(rows, columns, json_=json_, title=session.project.data.dataset, empty=empty)


def _known(session: Session, dataset: str | None) -> None:
    own = session.project.data.dataset
    if dataset not in (None, own):
        raise EvergreenError(f"{session.project.project} learns from the dataset {own}, not from {dataset}")
