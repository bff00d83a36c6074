"""The datasheet of one version as a value: what it is, what it holds, where it is from, what it serves for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from evergreen.data.manifest import Manifest
from evergreen.data.target import target_of
from evergreen.data.versions import Logged
from evergreen.datasheets.balance import Label, balance
from evergreen.datasheets.columns import SheetColumn, columns_of
from evergreen.datasheets.labels import Conflicts
from evergreen.datasheets.lineage import Ancestor, Use, ancestors, uses_of
from evergreen.datasheets.representation import Represented, represented
from evergreen.profiles.table import TableProfile
from evergreen.project.schema import Project


@dataclass(frozen=True)
class Datasheet:
    """One version's sheet. `history` goes from this version back; `uses` are the runs that read it."""

    manifest: Manifest
    project: Project | None
    columns: tuple[SheetColumn, ...]
    history: tuple[Logged, ...]
    labels: tuple[Label, ...]
    representation: tuple[Represented, ...]
    warnings: tuple[str, ...]
    ancestors: tuple[Ancestor, ...]
    uses: tuple[Use, ...] | None  # None where no deployment is asked
    conflicts: Conflicts | None = None

    @classmethod
    def of(
        cls,
        history: Sequence[Logged],
        profile: TableProfile | None,
        project: Project | None,
        *,
        warnings: Sequence[str] = (),
        uses: Sequence[Use] | None = None,
    ) -> Datasheet:
        """The sheet of the first version of `history`."""
        manifest = history[0].manifest
        target = target_of(project) if project else None
        return cls(
            manifest=manifest,
            project=project,
            columns=columns_of(manifest, profile, project),
            history=tuple(history),
            labels=balance(profile.column(target.column), target) if profile and target else (),
            representation=represented(profile, project.data.representation) if profile and project else (),
            warnings=tuple(warnings),
            ancestors=ancestors(logged.manifest for logged in history),
            uses=None if uses is None else uses_of(manifest, uses),
        )

    def checked(self, conflicts: Conflicts) -> Datasheet:
        """The sheet with what a look at the labels found."""
        return replace(self, conflicts=conflicts)

    @property
    def size(self) -> int:
        """The stored bytes."""
        return sum(self.manifest.sizes().values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        manifest, project = self.manifest, self.project
        said = ("dataset", "version", "rows", "new_files", "committed_at", "message")
        return {
            "id": manifest.id,
            **{name: getattr(manifest, name) for name in said},
            "size": self.size,
            "files": len(manifest.files),
            "source": manifest.source.model_dump(mode="json"),
            "project": project.project if project else None,
            "description": project.description if project else None,
            "target": project.target.model_dump(mode="json", by_alias=True) if project else None,
            "balance": [asdict(label) for label in self.labels],
            "columns": [column.to_dict() for column in self.columns],
            "representation": [each.to_dict() for each in self.representation],
            "warnings": list(self.warnings),
            "conflicting_labels": asdict(self.conflicts) if self.conflicts else None,
            "history": [
                {"version": item.version, "id": id_, "committed_at": item.committed_at, "rows": item.rows}
                for id_, item in self.history
            ],
            "lineage": {
                "data": [asdict(each) for each in self.ancestors],
                "models": None if self.uses is None else [asdict(use) for use in self.uses],
            },
        }
