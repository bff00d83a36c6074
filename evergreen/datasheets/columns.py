"""What each column is for, and what is known about its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evergreen.data.manifest import Manifest, ManifestColumn
from evergreen.data.target import target_of
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.table import TableProfile
from evergreen.project.schema import Column, Project

EXCLUDED = {
    "target": "it is the target, or the target is computed from it",
    "key": "it identifies a row",
    "id": "it identifies a row",
    "after the outcome": "it is known only after the outcome",
    "not declared": "data.columns does not name it",
}


@dataclass(frozen=True)
class SheetColumn:
    """One column with what the project says of it; `profile` is None where there is none."""

    name: str
    type: str
    role: str
    profile: ColumnProfile | None
    declared: Column | None = None
    joined_from: str | None = None

    @property
    def excluded(self) -> str | None:
        """Why no feature is made of it."""
        return EXCLUDED.get(self.role)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found = self.profile
        figures = ("missing", "min", "max", "mean", "distinct", "distinct_error")
        said = self.declared
        return {
            "name": self.name,
            "type": self.type,
            "role": self.role,
            "excluded": self.excluded,
            "description": said.description if said else None,
            "unit": said.unit if said else None,
            "joined_from": self.joined_from,
            **{name: getattr(found, name) if found else None for name in figures},
        }


def columns_of(manifest: Manifest, profile: TableProfile | None, project: Project | None) -> tuple[SheetColumn, ...]:
    """The version's columns, in order."""
    joined = {name: join.dataset for join in (project.data.join if project else ()) for name in join.columns}
    held = {each.dataset for each in manifest.source.joined}
    return tuple(
        SheetColumn(
            column.name,
            column.type,
            _role(column, project),
            profile.column(column.name) if profile else None,
            project.data.columns.get(column.name) if project else None,
            joined[column.name] if joined.get(column.name) in held else None,
        )
        for column in manifest.columns
    )


def _role(column: ManifestColumn, project: Project | None) -> str:
    if project is None:
        return "column"
    data, name = project.data, column.name
    declared = data.columns.get(name)
    if name in (project.target.name, target_of(project).column):
        return "target"
    if name in data.key:
        return "key"
    if declared and declared.available == "after_outcome":
        return "after the outcome"
    if declared and declared.type == "id":
        return "id"
    if name == data.time:
        return "time"
    return "not declared" if data.columns and declared is None else "input"
