"""The project file: its schema, its reader (needs YAML, functions do without), and the keys that are not supported."""

from evergreen.project.schema import METRICS, Project

__all__ = ["METRICS", "Project"]
