"""What a project wants of its data's columns; without a project, whatever a file holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from evergreen.data.canonical import digest
from evergreen.data.exact import unrounded
from evergreen.data.manifest import Manifest
from evergreen.data.target import TargetExpression, target_of
from evergreen.data.types import declared, is_coded, normalised
from evergreen.errors import DataRefused
from evergreen.project.schema import ColumnType, Join, Project
from evergreen.validation.redaction import Redaction

MOST_COLUMNS = 2_000  # a profile takes tens of kilobytes a column, and every part has one


@dataclass(frozen=True)
class Wanted:
    """Declared types, the columns that must be there, the target, and what a refusal may show."""

    kinds: Mapping[str, ColumnType] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    target: TargetExpression | None = None
    target_name: str = ""
    expression: str | None = None
    time: str | None = None
    joins: tuple[Join, ...] = ()
    redaction: Redaction = field(default_factory=Redaction)

    @classmethod
    def of(cls, project: Project | None) -> Wanted:
        """What the project declares."""
        if project is None:
            return cls()
        time = [project.data.time] if project.data.time else []
        joins = tuple(project.data.join)
        keys = [name for join in joins for name in join.on]
        needs = [*project.data.columns, *time, *project.data.key, *keys]
        kinds = declared_types(project)
        categories = frozenset(name for name, kind in kinds.items() if kind == "category")
        joined = {project.target.name, *(name for join in joins for name in join.columns)}
        return cls(
            kinds=kinds,
            needed=tuple(name for name in dict.fromkeys(needs) if name not in joined),
            target=target_of(project),
            target_name=project.target.name,
            expression=project.target.expression,
            time=project.data.time,
            joins=joins,
            redaction=Redaction(project.data.identifiers, categories),
        )

    @classmethod
    def beside(cls, project: Project, dataset: str, head: Manifest | None) -> Wanted:
        """What is known of a dataset that the project joins: texts there, or in `head`, stay as they are spelled."""
        texts = {column.name for column in head.columns if column.type == "string"} if head else set()
        kinds = declared_types(project)
        for join in project.data.join:
            if join.dataset == dataset:
                named = (join.on | join.columns).items()
                texts |= {theirs for mine, theirs in named if kinds.get(mine) in ("category", "id")}
        return cls(kinds=dict.fromkeys(sorted(texts), "id"))

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that are read as they are spelled."""
        return tuple(name for name, kind in self.kinds.items() if kind in ("category", "id"))

    @property
    def ids(self) -> tuple[str, ...]:
        """The columns that identify."""
        return tuple(name for name, kind in self.kinds.items() if kind == "id")

    @property
    def digest(self) -> str:
        """The hash of the declared types and joins: another declaration reads another table from the same file."""
        if not self.joins:
            return digest(dict(self.kinds))
        return digest([dict(self.kinds), self.time, [join.model_dump(mode="json") for join in self.joins]])

    @property
    def joined(self) -> frozenset[str]:
        """The columns that come from other datasets."""
        return frozenset(name for join in self.joins for name in join.columns)

    @property
    def target_column(self) -> str:
        """The column that labels come from; empty without a target."""
        return self.target.column if self.target else ""

    def check_columns(self, names: Sequence[str], source: str) -> None:
        """DataRefused when a needed column is missing, or one is there that a join adds."""
        twice = [name for name in names if name in self.joined]
        if twice:
            raise DataRefused(
                f"{source}: has the column {', '.join(twice)}, and data.join adds one of that name; "
                "rename the joined one: columns: {new_name: its_name}"
            )
        target = self.target
        if target and target.column not in (*names, *self.joined):
            needed = f", which the target {self.target_name} is computed from" if target.operator else ", the target"
            raise DataRefused(f"{source}: has no column {target.column}{needed}; it has {', '.join(names)}")
        missing = [name for name in self.needed if name not in names]
        if missing:
            raise DataRefused(f"{source}: the project names columns that this file has not: {', '.join(missing)}")

    def stored(self, table: pa.Table, *, source: str, first_row: int = 1, coded: bool = False) -> pa.Table:
        """The table in stored types: the declared ones, and the nearest for the others.

        Texts that are `coded` may stay so.
        """
        columns = []
        for name in table.column_names:
            if coded and is_coded(table[name].type) and self.kinds.get(name) in (None, "category", "id"):
                columns.append(table[name])
                continue
            column = unrounded(table[name]) if self.kinds.get(name) in ("number", "id") else table[name]
            column = normalised(column, name=name, source=source, first_row=first_row)
            if name in self.kinds:
                column = declared(column, self.kinds[name], name=name, source=source, first_row=first_row)
            columns.append(column)
        return pa.table(columns, names=table.column_names)

    def check_target(self, schema: pa.Schema, source: str) -> None:
        """DataRefused when the target's comparison does not fit its column's type; a joined one is checked later."""
        if self.target is None or self.target.operator is None or self.target.column not in schema.names:
            return
        kind = schema.field(self.target.column).type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        fits = pa.types.is_string(kind) if isinstance(self.target.value, str) else is_number
        if not fits and not pa.types.is_null(kind):
            column = self.target.column
            raise DataRefused(f"{source}: column {column} holds {kind}, and the target is {self.expression}")

    def check_labels(self, rows: int, nulls: int, source: str) -> None:
        """DataRefused when no row has a label."""
        if self.target is not None and rows == nulls:
            raise DataRefused(f"{source}: column {self.target.column} has no values, so no row has a target")


def check_names(names: Sequence[str], source: str) -> None:
    """DataRefused when a column has no name, or two have one, or there are too many."""
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise DataRefused(
                f"{source}: column {position} has no name; if it is a DataFrame's index, write the file without it"
            )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataRefused(f"{source}: more than one column is named {', '.join(repeated)}")
    if len(names) > MOST_COLUMNS:
        raise DataRefused(f"{source}: has {len(names):,} columns; a data version holds at most {MOST_COLUMNS:,}")


def declared_types(project: Project) -> dict[str, ColumnType]:
    """The types that the project declares, by column."""
    kinds: dict[str, ColumnType] = {name: column.type for name, column in project.data.columns.items()}
    if project.data.time:
        kinds[project.data.time] = "timestamp"
    return kinds
