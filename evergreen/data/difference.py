"""What changed between two versions, from their manifests alone; drift comes from their cached profiles."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evergreen.data.manifest import DataObject, Manifest, StoredFile

Change = Literal["added", "removed", "type", "nullable"]


@dataclass(frozen=True)
class ColumnChange:
    """One column that is not what it was."""

    column: str
    change: Change
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """From one version to another; rows are counted by the objects that hold them."""

    before: str
    after: str
    columns: tuple[ColumnChange, ...]
    rows: int
    objects_added: int
    objects_removed: int
    objects_kept: int
    rows_added: int
    rows_removed: int
    bytes_added: int
    files_added: tuple[str, ...] = ()
    files_removed: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether both hold the same."""
        files = self.files_added or self.files_removed or self.files_changed
        return not (self.columns or self.objects_added or self.objects_removed or files)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def difference(before: Manifest, after: Manifest) -> Difference:
    """What `after` has and has not, beside `before`."""
    old, new = Counter(before.objects), Counter(after.objects)
    added, removed = list((new - old).elements()), list((old - new).elements())
    paths = {item.path: item for item in before.files}, {item.path: item for item in after.files}
    return Difference(
        before=before.version,
        after=after.version,
        columns=tuple(_columns(before, after)),
        rows=after.rows - before.rows,
        objects_added=len(added),
        objects_removed=len(removed),
        objects_kept=(old & new).total(),
        rows_added=_rows(added),
        rows_removed=_rows(removed),
        bytes_added=sum(item.size for item in added) + _new_bytes(*paths),
        files_added=tuple(sorted(paths[1].keys() - paths[0].keys())),
        files_removed=tuple(sorted(paths[0].keys() - paths[1].keys())),
        files_changed=tuple(path for path, item in paths[1].items() if paths[0].get(path, item) != item),
    )


def _columns(before: Manifest, after: Manifest) -> list[ColumnChange]:
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    changes = [ColumnChange(name, "removed", old[name].type, None) for name in old if name not in new]
    for name, column in new.items():
        was = old.get(name)
        if was is None:
            changes.append(ColumnChange(name, "added", None, column.type))
        elif was.type != column.type:
            changes.append(ColumnChange(name, "type", was.type, column.type))
        elif was.nullable != column.nullable:
            changes.append(ColumnChange(name, "nullable", _nullable(was.nullable), _nullable(column.nullable)))
    return changes


def _nullable(value: bool) -> str:
    return "nullable" if value else "required"


def _rows(objects: list[DataObject]) -> int:
    return sum(item.rows for item in objects)


def _new_bytes(old: dict[str, StoredFile], new: dict[str, StoredFile]) -> int:
    known = {item.sha256 for item in old.values()}
    return sum(item.size for item in new.values() if item.sha256 not in known)
