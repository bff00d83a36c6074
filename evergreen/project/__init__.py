"""The project file: schema, reader, and the keys that are known but not supported."""

from evergreen.project.reader import Mistake, read_project
from evergreen.project.schema import METRICS, Project

__all__ = ["METRICS", "Mistake", "Project", "read_project"]
