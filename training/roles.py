"""Each column's type and role: feature, passthrough (accepted in requests, not learned from), or left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.types import declared
from evergreen.errors import DataRefused
from evergreen.features.fit import Source
from evergreen.features.time_parts import DEFAULT_PARTS
from evergreen.features.values import ColumnType, Field
from evergreen.project.checks import target_sources
from evergreen.project.schema import Project

_TIME = re.compile(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")
_LOOKED_AT = 1000  # values that must all be times before a text column is tried as one
_SOURCE = "the data version"


@dataclass
class Roles:
    """The table in its final types, and what each column is for."""

    table: pa.Table
    columns: list[Field] = field(default_factory=list)
    passthrough: list[Field] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def assign_roles(table: pa.Table, project: Project) -> Roles:
    """Give every column of the table its role; the target's own columns have none."""
    roles = Roles(table)
    for name in table.column_names:
        if name in target_sources(project):
            continue
        reason = _why_not(name, table[name], project)
        if reason:
            roles.left_out[name] = reason
            continue
        kind = _kind(name, table[name], project)
        if kind == "id":
            roles.passthrough.append(Field(name, "id", nullable=True, required=False))
            continue
        column = declared(table[name], kind, name=name, source=_SOURCE)
        roles.table = roles.table.set_column(roles.table.column_names.index(name), name, column)
        roles.columns.append(_field(name, kind, column, project))
    return roles


def drop_constants(roles: Roles, train: pa.Table, *, time: str | None) -> None:
    """Move columns that are the same in every training row to the passthrough: there is nothing to learn from them."""
    for column in list(roles.columns):
        if column.name != time and pc.count_distinct(train[column.name], mode="all").as_py() <= 1:
            roles.columns.remove(column)
            roles.passthrough.append(Field(column.name, column.type, nullable=True, required=False))
            roles.left_out[column.name] = "it is the same in every training row"


def sources_of(roles: Roles, project: Project) -> tuple[Source, ...]:
    """What the features are made of; DataRefused when no column is left."""
    if not roles.columns:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in roles.left_out.items())
        raise DataRefused(f"no column is left to learn from ({reasons or 'the data has only the target'})")
    times = {column.name for column in roles.columns if column.type == "timestamp"}
    wanted: dict[str, tuple[str, ...]] = {}
    for feature in project.features:
        if feature.time_parts.of not in times:
            raise DataRefused(
                f"features: time_parts of {feature.time_parts.of} need a timestamp that is known at prediction"
            )
        parts = (*wanted.get(feature.time_parts.of, ()), *feature.time_parts.parts)
        wanted[feature.time_parts.of] = tuple(dict.fromkeys(parts))
    return tuple(_source(column, project, wanted) for column in roles.columns)


def _source(column: Field, project: Project, wanted: dict[str, tuple[str, ...]]) -> Source:
    known = project.data.columns.get(column.name)
    parts = wanted.get(column.name, DEFAULT_PARTS) if column.type == "timestamp" else ()
    return Source(column.name, column.type, known.encode if known else None, parts)


def _why_not(name: str, column: pa.ChunkedArray, project: Project) -> str | None:
    known = project.data.columns
    if name in known and known[name].available == "after_outcome":
        return "it is known only after the outcome"
    if known and name not in known and name not in project.data.key and name != project.data.time:
        return "data.columns does not declare it"
    if column.null_count == len(column):
        return "it has no values"
    return None


def _kind(name: str, column: pa.ChunkedArray, project: Project) -> ColumnType:
    if name == project.data.time:
        return "timestamp"
    if name in project.data.columns:
        return project.data.columns[name].type
    if name in project.data.key:
        return "id"
    return _inferred(column)


def _inferred(column: pa.ChunkedArray) -> ColumnType:
    if pa.types.is_boolean(column.type):
        return "boolean"
    if pa.types.is_timestamp(column.type):
        return "timestamp"
    if not pa.types.is_string(column.type):
        return "number"
    known = column.drop_null()
    if all(_TIME.match(value) for value in known[:_LOOKED_AT].to_pylist()) and _is_time(known):
        return "timestamp"
    return "id" if len(pc.unique(known)) == len(column) else "category"


def _is_time(column: pa.ChunkedArray) -> bool:
    try:
        declared(column, "timestamp", name="", source="")
    except DataRefused:
        return False
    return True


def _field(name: str, kind: ColumnType, column: pa.ChunkedArray, project: Project) -> Field:
    known = project.data.columns.get(name)
    missing = column.null_count > 0 or (kind == "number" and bool(pc.any(pc.is_nan(column)).as_py()))
    imputed = any(name in (step.impute or ()) for step in project.data.prepare)
    may_be_missing = imputed or bool(known and known.missing)
    return Field(
        name,
        kind,
        nullable=(missing or may_be_missing) and name != project.data.time,
        allowed=tuple(known.allowed) if known and known.allowed is not None else None,
        min=known.min if known else None,
        max=known.max if known else None,
    )
