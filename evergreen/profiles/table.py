"""The summary of a table: its rows, a profile of each column, and the correlations of its numbers.

Profiles form a monoid under `merge`. A merged profile keeps the profiles that it was merged from, in the order of
their content's hash, and compresses them once, when asked: the result depends on the set of objects alone, not on the
order or the nesting of the merges, to the byte. Counts and ranges are exact, moments to rounding, the rest within the
bounds that it carries. Beyond `MOST_PARTS` parts, or from bytes, a merged profile is one part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from evergreen.data.canonical import sha256
from evergreen.profiles.column import ColumnProfile, merge_columns
from evergreen.profiles.correlation import CORRELATED, CoMoments, Correlation, merge_co_moments
from evergreen.profiles.encoding import decode, encode

MOST_PARTS = 1024


@dataclass(frozen=True, eq=False)
class Part:
    """One object's summary, or several compressed to one."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    moments: CoMoments | None = None

    @cached_property
    def content(self) -> bytes:
        """The canonical bytes."""
        return encode(self.rows, self.columns, self.moments)

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the canonical bytes."""
        return sha256(self.content)


class TableProfile:
    """What can be said about a table without reading it again."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts) if len(parts) < 2 else tuple(sorted(parts, key=lambda part: part.hash))

    @property
    def rows(self) -> int:
        """The table's rows."""
        return self._whole.rows

    @cached_property
    def columns(self) -> Mapping[str, ColumnProfile]:
        """One profile a column, in the table's column order."""
        return MappingProxyType({column.name: column for column in self._whole.columns})

    @cached_property
    def correlation(self) -> Correlation:
        """Pearson's r of the numeric columns, pairwise over the rows where both have a value."""
        moments = self._whole.moments
        if moments is None:
            return Correlation((), np.empty((0, 0)))  # no column is a number
        return Correlation(moments.names, moments.correlation)

    def column(self, name: str) -> ColumnProfile | None:
        """The profile of one column, or None."""
        return self.columns.get(name)

    def to_bytes(self) -> bytes:
        """The canonical bytes: equal for an equal set of objects."""
        return self._whole.content

    @classmethod
    def from_bytes(cls, content: bytes) -> TableProfile:
        """The profile that these bytes spell; DataRefused says what is wrong with others."""
        part = Part(*decode(content))
        part.__dict__["content"] = bytes(content)  # what the cached property would compute again
        return cls([part])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableProfile) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self._whole.hash)

    def __repr__(self) -> str:
        return f"TableProfile(rows={self.rows}, columns={list(self.columns)})"

    @cached_property
    def _whole(self) -> Part:
        return merge_parts(self.parts)


def merge(profiles: Sequence[TableProfile]) -> TableProfile:
    """The profile of all tables' rows together; a column that a table has not is null in its rows."""
    parts = [part for profile in profiles for part in profile.parts]
    merged = TableProfile(parts)
    return merged if len(parts) <= MOST_PARTS else TableProfile([merge_parts(merged.parts)])


def merge_parts(parts: Sequence[Part]) -> Part:
    """One part of all parts' rows, compressed once."""
    if len(parts) == 1:
        return parts[0]
    rows = sum(part.rows for part in parts)
    found: dict[str, list[ColumnProfile]] = {}
    for part in sorted(parts, key=lambda part: -len(part.columns)):  # stable: the widest part orders the columns
        for column in part.columns:
            found.setdefault(column.name, []).append(column)
    columns = tuple(merge_columns(_padded(columns, rows)) for columns in found.values())
    moments = [part.moments for part in parts if part.moments]
    names = [column.name for column in columns if column.kind == "number"][:CORRELATED]
    return Part(rows, columns, merge_co_moments(moments, names) if moments else None)


def _padded(columns: list[ColumnProfile], rows: int) -> list[ColumnProfile]:
    absent = rows - sum(column.count for column in columns)
    name = columns[0].name
    return [*columns, ColumnProfile(name=name, kind="null", count=absent, nulls=absent)] if absent else columns
