"""docs/project-file.md names every key, and its example is a valid project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evergreen.project import Project
from evergreen.project.reader import parse_project

EXAMPLE = re.findall(r"```yaml\n(.*?)```", Path("docs/project-file.md").read_text(encoding="utf-8"), re.DOTALL)[0]


def keys(model: type[BaseModel]) -> set[str]:
    found = set()
    for name, info in model.model_fields.items():
        found.add(info.alias or name)
        for block in blocks(info.annotation):
            found |= keys(block)
    return found


def blocks(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in blocks(part)]


def test_the_documented_example_is_a_valid_project() -> None:
    assert parse_project(EXAMPLE, stage="prod").project == "flights"


def test_every_key_of_the_schema_is_documented() -> None:
    assert {key for key in keys(Project) - {"stage"} if not re.search(rf"\b{key}\b", EXAMPLE)} == set()
