"""How a job starts and how it fails: one sentence where SageMaker and the log show it."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from evergreen.errors import EvergreenError
from evergreen.project.schema import Project
from training.paths import Paths


def run_job(job: Callable[[Paths], None], *, note: Literal["failure", "message"]) -> None:
    """Run a job of this process. An error of ours is a sentence; any other one is a defect and shows its trace."""
    paths = Paths.of_environment()
    try:
        job(paths)
    except EvergreenError as error:
        _fail(paths, note, str(error))
    except Exception as error:
        traceback.print_exc()
        _fail(paths, note, f"unexpected {type(error).__name__}: {error}")


def say(sentence: str, **figures: Any) -> None:
    """One line of the job's log."""
    shown = " ".join(f"{name}={_short(value)}" for name, value in figures.items())
    sys.stdout.write(f"{sentence} {shown}".rstrip() + "\n")
    sys.stdout.flush()


def read_json(path: Path) -> Any:
    """A JSON input of the job."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EvergreenError(f"{path.name} is missing from the job's input or is not JSON") from error


def write_json(path: Path, document: Any) -> None:
    """A JSON output of the job: equal documents, equal bytes."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")


def read_config(directory: Path) -> tuple[Project, dict[str, Any]]:
    """The resolved project and the run."""
    try:
        project = Project.model_validate(read_json(directory / "project.json"))
    except ValidationError as error:
        raise EvergreenError(f"project.json is not a resolved project: {error}") from error
    return project, read_json(directory / "run.json")


def _fail(paths: Paths, note: str, sentence: str) -> None:
    paths.note(note).write_text(sentence, encoding="utf-8")
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def _short(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
