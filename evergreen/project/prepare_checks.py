"""Steps of preparation that cannot be taken: of columns that are not declared, no features, or of other types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evergreen.project.known import Finding, KnownColumns, unknown
from evergreen.project.prepare import EVERY_COLUMN, Constant, Preparation
from evergreen.project.schema import Column, Project


def prepare_findings(project: Project, target_columns: Sequence[str]) -> Iterator[Finding]:
    """Every contradiction between the steps and the declared columns."""
    known = KnownColumns.of(project.data, target_columns)
    for at, step in enumerate(project.data.prepare):
        place = ("data", "prepare", at, step.step)
        if step.filter is not None:
            yield from known.condition(step.filter, place)
        elif step.drop_duplicates is not None:
            for name in step.drop_duplicates.columns:
                if name != EVERY_COLUMN and known.lacks(name):
                    yield place, unknown(name)
        else:
            yield from _values(step, place, project, target_columns, known)


def _values(
    step: Preparation,
    place: tuple[str | int, ...],
    project: Project,
    target_columns: Sequence[str],
    known: KnownColumns,
) -> Iterator[Finding]:
    """Steps that look at values, column by column."""
    data = project.data
    for name, how in getattr(step, step.step).items():
        where, column = (*place, name), data.columns.get(name)
        if known.lacks(name):
            yield where, unknown(name)
        elif step.drop_outliers is None and (reason := _no_feature(name, column, project, target_columns)):
            yield where, f"{name} is {reason}; only features are changed"
        elif column is not None and (problem := _misfit(step, column, how)):
            yield where, f"{name} is a {column.type}, and {problem}"


def _misfit(step: Preparation, column: Column, how: object) -> str | None:
    if step.impute is None:
        return None if column.type == "number" else f"{step.step} needs a number"
    if column.type not in ("number", "category", "boolean"):
        return "impute needs a number, a category or a boolean"
    if column.type != "number" and how in ("median", "mean"):
        return f"it has no {how}; use most_frequent, or {{constant: …}}"
    if isinstance(how, Constant) and not isinstance(how.constant, _HOLDS[column.type]):
        return f"{how.constant!r} is none"
    if isinstance(how, Constant) and isinstance(how.constant, bool) != (column.type == "boolean"):
        return f"{how.constant!r} is none"
    return None


_HOLDS = {"number": (int, float), "category": (str, int), "boolean": (bool,)}


def _no_feature(name: str, column: Column | None, project: Project, target_columns: Sequence[str]) -> str | None:
    if name in target_columns:
        return "the target, or what it is computed from"
    if name == project.data.time or name in project.data.key:
        return "the dataset's time or key"
    if column is not None and column.available == "after_outcome":
        return "known only after the outcome"
    return None
