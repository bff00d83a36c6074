"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectFile = Annotated[
    Path | None, typer.Option("--project", "-p", help="The project file; default: the running one, or project.yaml.")
]
Stage = Annotated[str, typer.Option("--stage", "-s", help="local (the embedded cloud), or a deployed stage.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Decide as of this time (stage local only).")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end, showing each step.")]
