"""`evergreen local …` and `evergreen demo`: the embedded cloud on this machine."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.options import Json, ProjectFile
from evergreen.cli.output import as_json, console, say, show, show_facts
from evergreen.cli.progress import Steps
from evergreen.cli.session import HOME, default_project, local_record
from evergreen.errors import NotFound
from evergreen.project.reader import read_project

app = typer.Typer(help="The embedded cloud: the same templates, on this machine.", no_args_is_help=True)


@app.command()
def up(
    project: ProjectFile = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return, and leave it running.")] = False,
    json_: Json = False,
) -> None:
    """Start the embedded cloud and deploy the project's stacks into it; again: deploy what changed."""
    from local.session import start

    path = project or default_project()
    read_project(path)
    home = Path.cwd() / HOME
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is stopped
    with Steps(quiet=json_) as steps:
        record = start(home, path.resolve(), say=steps.begin)
    end = "evergreen local down" if detach else "Ctrl-C"
    show(record, json_=json_, text=f"API   {record['api_url']}\nkey   {record['api_key']}\nstop  {end}")
    if not detach:
        _until_interrupted(home)


@app.command()
def status(json_: Json = False) -> None:
    """What runs here."""
    from local.session import describe

    show_facts(describe(_home()), json_=json_)


@app.command()
def logs(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A part of a log's name, such as train; default: the engine's.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing, until Ctrl-C.")] = False,
    json_: Json = False,
) -> None:
    """The logs of the embedded cloud, its jobs, functions and endpoints."""
    from local.session import log_lines

    lines = log_lines(_home(), name, follow=follow)
    if json_ and not follow:
        as_json({"lines": list(lines)})
        return
    for line in lines:
        console.out(json.dumps({"line": line}) if json_ else line, highlight=False)


@app.command()
def down(json_: Json = False) -> None:
    """Stop it and remove what it kept."""
    from local.session import stop

    try:
        home = _home()
    except NotFound:
        show({"stopped": None}, json_=json_, text="nothing runs here")
        return
    stop(home)
    show({"stopped": str(home)}, json_=json_, text="stopped; nothing is left running")


def demo(
    months: Annotated[int, typer.Option("--months", min=4, max=12, help="How many months of 2013 arrive in all.")] = 12,
    out: Annotated[Path, typer.Option("--out", help="Where the summary and the report go.")] = Path("build/demo"),
    json_: Json = False,
) -> None:
    """The whole loop on real data: twelve months of flights in three minutes."""
    from local.demo.run import run_demo

    summary = run_demo(out, months=months, quiet=json_)
    if json_:
        typer.echo(json.dumps(summary))


def _home() -> Path:
    return Path(str(local_record()["home"]))


def _until_interrupted(home: Path) -> None:
    from local.session import stop

    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        stop(home)
        say("stopped; nothing is left running")


COMMANDS = [demo]
