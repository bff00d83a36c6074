"""The `evergreen` command: every error is a sentence, every command takes --json."""

from __future__ import annotations

import sys

import typer

from evergreen.cli import data, inference, local, model, monitor, profile, project
from evergreen.cli.output import errors
from evergreen.errors import EvergreenError, ProjectError

app = typer.Typer(
    help="Describe a model in project.yaml, deploy it, and it stays fresh.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.add_typer(local.app, name="local")
for part in (project, model, inference, monitor, profile, local):
    for command in part.COMMANDS:
        app.command()(command)


def main() -> None:
    """Run; mistakes in the project file exit with 2, every other refusal with 1."""
    try:
        app()
    except ProjectError as error:
        for problem in error.problems:
            errors.print(problem, style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(2)
    except EvergreenError as error:
        errors.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)
