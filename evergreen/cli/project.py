"""`evergreen check` and `evergreen schema`: the project file by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.options import Json
from evergreen.cli.output import as_json, show
from evergreen.cli.session import default_project
from evergreen.errors import ProjectError
from evergreen.project import Project
from evergreen.project.reader import read_project


def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The project file; default: project.yaml.")
    ] = None,
    stage: Annotated[
        str, typer.Option("--stage", "-s", metavar="NAME", help="Check with this stage's overrides.")
    ] = "local",
    explain: Annotated[bool, typer.Option("--explain", help="Print every setting, defaults included.")] = False,
    json_: Json = False,
) -> None:
    """Validate a project file; every mistake is reported at once, with its path and line."""
    path = file or default_project()
    try:
        project = read_project(path, stage=stage)
    except ProjectError as error:
        if json_:
            as_json({"valid": False, "problems": error.problems})
            raise typer.Exit(2) from error
        raise
    resolved = project.model_dump(mode="json", by_alias=True)
    if explain and not json_:
        as_json(resolved)
        return
    text = f"{path}: {project.project} is valid for stage {stage}"
    show({"valid": True, "project": resolved}, json_=json_, text=text)


def schema(_json: Json = True) -> None:
    """Print the JSON Schema of the project file, for editors."""
    as_json(Project.model_json_schema(by_alias=True))


COMMANDS = [check, schema]
