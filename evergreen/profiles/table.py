"""The summary of a table: its rows and one profile for each column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pydantic import BaseModel, ConfigDict

from evergreen.data.canonical import canonical
from evergreen.profiles.column import ColumnProfile, merge_columns


class TableProfile(BaseModel):
    """What can be said about a table without reading it again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    rows: int
    columns: tuple[ColumnProfile, ...]

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.model_dump(mode="json"))

    def column(self, name: str) -> ColumnProfile | None:
        """The profile of one column, or None."""
        return next((column for column in self.columns if column.name == name), None)


def merge(profiles: Sequence[TableProfile]) -> TableProfile:
    """The profile of all tables' rows together; a column that a table has not is null in its rows."""
    return reduce(_merge, profiles, TableProfile(rows=0, columns=()))


def _merge(a: TableProfile, b: TableProfile) -> TableProfile:
    names = dict.fromkeys([column.name for column in (*a.columns, *b.columns)])
    columns = [merge_columns(_column(a, name), _column(b, name)) for name in names]
    return TableProfile(rows=a.rows + b.rows, columns=tuple(columns))


def _column(profile: TableProfile, name: str) -> ColumnProfile:
    return profile.column(name) or ColumnProfile(name=name, kind="null", count=profile.rows, nulls=profile.rows)
