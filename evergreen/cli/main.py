"""The `evergreen` command: every error is a sentence, every command takes --json."""

from __future__ import annotations

import sys
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import translated
from evergreen.cli import data, inference, local, model, monitor, profile, project, release
from evergreen.cli.output import as_json, errors
from evergreen.errors import EvergreenError, ProjectError, RulesBroken

app = typer.Typer(
    help="Describe a model in project.yaml, deploy it, and it stays fresh.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
PROJECT, MODELS, CALLERS, MONITORS = "Project", "Data and models", "Predictions", "What is measured and decided"
app.add_typer(local.app, name="local", rich_help_panel=PROJECT)
app.add_typer(data.app, name="data", rich_help_panel=MODELS)
PANELS: dict[str, list[Any]] = {
    PROJECT: [*project.COMMANDS, *local.COMMANDS, model.destroy],
    MODELS: [*model.COMMANDS, *release.COMMANDS],
    CALLERS: inference.COMMANDS,
    MONITORS: [*monitor.COMMANDS, *profile.COMMANDS],
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """Run; mistakes in the project file and wrong usage exit with 2, every other refusal with 1."""
    try:
        app()
    except ProjectError as error:
        _tell(error, error.problems, exit_code=2)
    except EvergreenError as error:
        # The command has told the broken rules one by one.
        said = f"{error.report.name} is refused: {error.report.summary}" if isinstance(error, RulesBroken) else error
        _tell(error, [f"error: {said}"], exit_code=1)
    except (ClientError, BotoCoreError) as error:
        refused = translated(error, "asking AWS")
        _tell(refused, [f"error: {refused}"], exit_code=1)


def _tell(error: EvergreenError, lines: list[str], *, exit_code: int) -> None:
    if "--json" in sys.argv:
        report = {"report": error.report.to_dict()} if isinstance(error, RulesBroken) else {}
        as_json({"error": str(error), "type": type(error).__name__, **report})
    else:
        for line in lines:
            errors.print(line, style="red", soft_wrap=True)
    sys.exit(exit_code)
