"""Whole numbers and fractions in one column are read as doubles, so each of the whole numbers must be one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evergreen.data.compatibility import widened
from evergreen.data.manifest import DataObject, ManifestColumn, object_key
from evergreen.data.store import Store


class Side(NamedTuple):
    """Stored rows, and what a refusal calls them."""

    name: str
    columns: Sequence[ManifestColumn]
    objects: Sequence[DataObject]


def check_widened(store: Store, before: Side, after: Side) -> None:
    """DataRefused when rows join others, and a whole number of one side is no double where the other has fractions."""
    for column in widened(before.columns, after.columns):
        whole, others = (after, before) if column.type == "int64" else (before, after)
        for item in whole.objects:
            _check(store, item, column.name, whole.name, others.name)


def _check(store: Store, item: DataObject, column: str, name: str, others: str) -> None:
    from evergreen.data.reading import check_doubles
    from evergreen.data.tables import from_parquet

    part = from_parquet(store.get(object_key(item.sha256)), [column])
    if column in part.column_names:
        check_doubles(part[column], name=column, source=name, others=f"rows of {others}")
