"""Whether new rows can join a dataset, and the schema that results."""

from __future__ import annotations

from collections.abc import Sequence

from evergreen.data.manifest import ManifestColumn
from evergreen.errors import DataRefused

_REPLACE = "commit it with replace to start over with another schema"


def combined(
    old: Sequence[ManifestColumn],
    new: Sequence[ManifestColumn],
    *,
    source: str,
    beside: str = "earlier versions",
    otherwise: str = _REPLACE,
) -> list[ManifestColumn]:
    """The columns of old and new rows together; DataRefused where one column cannot hold both.

    New columns are allowed (older rows have no value there); a missing column or another type is not.
    """
    added = {column.name: column for column in new}
    missing = [column.name for column in old if column.name not in added]
    if missing:
        raise DataRefused(f"{source}: {beside} have {_listed(missing)}, and this file has not; {otherwise}")
    known = {column.name for column in old}
    joined = [_join(column, added[column.name], source, beside, otherwise) for column in old]
    return joined + [column.model_copy(update={"nullable": True}) for column in new if column.name not in known]


def _join(old: ManifestColumn, new: ManifestColumn, source: str, beside: str, otherwise: str) -> ManifestColumn:
    kinds = {old.type, new.type} - {"null"}
    if len(kinds) > 1 and kinds != {"int64", "double"}:
        raise DataRefused(
            f"{source}: column {new.name} holds {new.type}, and in {beside} {old.type}; "
            f"declare its type under data.columns, or {otherwise}"
        )
    kind = "double" if len(kinds) > 1 else next(iter(kinds), "null")
    return ManifestColumn(name=old.name, type=kind, nullable=old.nullable or new.nullable)


def _listed(names: Sequence[str]) -> str:
    return f"the column{'s' if len(names) > 1 else ''} {', '.join(names)}"
