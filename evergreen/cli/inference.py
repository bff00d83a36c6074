"""`predict` and `feedback`: the API from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from evergreen.cli.api import Api
from evergreen.cli.options import Json, ProjectFile, Stage
from evergreen.cli.output import show, show_table
from evergreen.cli.session import open_session
from evergreen.errors import NotFound
from evergreen.wording import number_of

Body = Annotated[
    str, typer.Argument(metavar="JSON", help="A JSON document, @FILE that holds one, or - for standard input.")
]


def predict(body: Body, project: ProjectFile = None, stage: Stage = "local", json_: Json = False) -> None:
    """Ask the API for predictions: '{"rows": [{…}]}'."""
    session = open_session(project, stage)
    answer = Api(session.api_url, session.api_key).expect("POST", "/predict", _body(body))
    if json_:
        show(answer, json_=True, text="")
        return
    columns = ("prediction_id", "prediction", "confidence")
    title = f"answered by model {answer['model_version']}"
    show_table(answer["predictions"], columns, json_=False, title=title, empty="no rows were sent")


def feedback(body: Body, project: ProjectFile = None, stage: Stage = "local", json_: Json = False) -> None:
    """Send true outcomes: '{"labels": [{"prediction_id": …, "label": …}]}'."""
    session = open_session(project, stage)
    answer = Api(session.api_url, session.api_key).expect("POST", "/feedback", _body(body))
    show(answer, json_=json_, text=f"{number_of(answer['accepted'], 'label')} accepted")


def _body(text: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read()
    if not text.startswith("@"):
        return text.encode()
    path = Path(text[1:])
    if not path.is_file():
        raise NotFound(f"{path} is not a file")
    return path.read_bytes()


COMMANDS = [predict, feedback]
