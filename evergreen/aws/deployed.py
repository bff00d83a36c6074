"""The project that this function was deployed with: `deployed/project.json` in its `project` layer."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from evergreen.project.schema import Project


@cache
def deployed_project() -> Project:
    """The resolved project of this deployment."""
    return Project.model_validate_json(files("deployed").joinpath("project.json").read_text(encoding="utf-8"))
