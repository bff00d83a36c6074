"""Whole numbers and fractions in one column are read as doubles, so each of the whole numbers must be one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evergreen.data.keys import object_key
from evergreen.data.manifest import DataObject, ManifestColumn
from evergreen.data.store import Store


class Side(NamedTuple):
    """Stored rows, and what a refusal calls them."""

    name: str
    columns: Sequence[ManifestColumn]
    objects: Sequence[DataObject]


def check_widened(store: Store, before: Side, after: Side) -> None:
    """DataRefused when rows join others, and a whole number of one side is no double where the other has fractions."""
    for column in _widened(before.columns, after.columns):
        whole, others = (after, before) if column.type == "int64" else (before, after)
        for item in whole.objects:
            _check(store, item, column.name, whole.name, others.name)


def _widened(old: Sequence[ManifestColumn], new: Sequence[ManifestColumn]) -> list[ManifestColumn]:
    """The new columns that hold whole numbers where the old ones hold fractions, or the other way round."""
    kinds = {column.name: column.type for column in old}
    return [column for column in new if {kinds.get(column.name), column.type} == {"int64", "double"}]


def _check(store: Store, item: DataObject, column: str, name: str, others: str) -> None:
    from evergreen.data.reading import check_doubles
    from evergreen.data.tables import from_parquet

    part = from_parquet(store.get(object_key(item.sha256)), [column])
    if column in part.column_names:
        check_doubles(part[column], name=column, source=name, others=f"rows of {others}")
