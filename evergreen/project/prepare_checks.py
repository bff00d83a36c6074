"""Steps of preparation that cannot be taken: of columns that are not declared, no features, or of other types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evergreen.project.expression import ExpressionError, names, parse_expression
from evergreen.project.expression_types import check_condition
from evergreen.project.prepare import EVERY_COLUMN, Constant, Preparation
from evergreen.project.rule_checks import Finding
from evergreen.project.schema import Column, Project

_HELD = {"category": "text", "id": None}


def prepare_findings(project: Project, target_columns: Sequence[str]) -> Iterator[Finding]:
    """Every contradiction between the steps and the declared columns."""
    for at, step in enumerate(project.data.prepare):
        place = ("data", "prepare", at, step.step)
        if step.filter is not None:
            yield from _filter(step.filter, place, project, target_columns)
        elif step.drop_duplicates is not None:
            for name in step.drop_duplicates.columns:
                if name != EVERY_COLUMN and not _is_known(name, project, target_columns):
                    yield place, _unknown(name)
        else:
            yield from _values(step, place, project, target_columns)


def _filter(
    text: str, place: tuple[str | int, ...], project: Project, target_columns: Sequence[str]
) -> Iterator[Finding]:
    node, data = parse_expression(text), project.data
    for name, at in names(node).items():
        if not _is_known(name, project, target_columns):
            yield place, f"at character {at + 1}: {_unknown(name)}"
    if not names(node):
        yield place, "names no column, so it is the same for every row"
    kinds = {name: _HELD.get(column.type, column.type) for name, column in data.columns.items()}
    try:
        check_condition(node, kinds | ({data.time: "timestamp"} if data.time else {}))
    except ExpressionError as error:
        yield place, str(error)


def _values(
    step: Preparation, place: tuple[str | int, ...], project: Project, target_columns: Sequence[str]
) -> Iterator[Finding]:
    """Steps that look at values, column by column."""
    data = project.data
    for name, how in getattr(step, step.step).items():
        where, column = (*place, name), data.columns.get(name)
        if not _is_known(name, project, target_columns):
            yield where, _unknown(name)
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


def _is_known(name: str, project: Project, target_columns: Sequence[str]) -> bool:
    """Without declared columns any column may be there."""
    data = project.data
    return not data.columns or name in {*data.columns, *data.key, *target_columns, data.time}


def _unknown(name: str) -> str:
    return f"{name} is not among data.columns, which names every column that is used"
