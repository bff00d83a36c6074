"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectFile = Annotated[
    Path | None,
    typer.Option(
        "--project", "-p", metavar="FILE", help="The project file; default: the running one, or project.yaml."
    ),
]
Stage = Annotated[
    str, typer.Option("--stage", "-s", metavar="NAME", help="local is this machine; any other is deployed to AWS.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, errors too.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="Act as if it were this time, such as 2013-04-01 (stage local only)."),
]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait for the end, showing each step.")]
