"""What a data version must satisfy before it trains a model, judged from its profile alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evergreen.data.target import TargetExpression, target_of
from evergreen.errors import DataRefused
from evergreen.project.schema import Column, Project

if TYPE_CHECKING:
    from evergreen.profiles.column import ColumnProfile
    from evergreen.profiles.table import TableProfile

_EXAMPLES = 3


@dataclass(frozen=True)
class Validation:
    """`violations` refuse the data; `warnings` are worth knowing."""

    violations: tuple[str, ...]
    warnings: tuple[str, ...]


def accepted(profile: TableProfile, project: Project, *, name: str) -> tuple[str, ...]:
    """The warnings of a data version that may train a model; DataRefused lists every violation of one that may not."""
    found = validate(profile, project)
    if found.violations:
        raise DataRefused(f"{name} is refused: {'; '.join(found.violations)}")
    return found.warnings


def validate(profile: TableProfile, project: Project) -> Validation:
    """Check a version's profile against the project's rules and declared columns."""
    violations = [*_rows(profile, project), *_target(profile, project)]
    for name, declared in project.data.columns.items():
        found = profile.column(name)
        if found is None and name != project.target.name:
            violations.append(f"column {name} is declared, and the data has none")
        elif found is not None:
            violations += [*_range(found, declared), *_allowed(found, declared)]
    for column in _inputs(profile, project):
        violations += _missing(column, project)
    return Validation(violations=tuple(violations), warnings=tuple(_warnings(profile, project)))


def _rows(profile: TableProfile, project: Project) -> Iterator[str]:
    target = profile.column(target_of(project).column)
    rows = target.values if target else 0
    least = project.data.rules.min_rows
    if rows < least:
        yield f"{rows} rows have a target, and data.rules.min_rows asks for {least}"


def _target(profile: TableProfile, project: Project) -> Iterator[str]:
    target = target_of(project)
    column = profile.column(target.column)
    if column is None:
        yield f"the target needs column {target.column}, and the data has none"
    elif _is_constant(column, target):
        yield f"every row has the same target {project.target.name}: there is nothing to learn"
    elif project.target.positive is not None and not _has_value(column, project.target.positive):
        yield f"no row of {target.column} is {project.target.positive!r}, the declared positive value"


def _is_constant(column: ColumnProfile, target: TargetExpression) -> bool:
    """Whether the target is certainly the same everywhere, as far as a profile can tell."""
    if target.operator is None:
        return column.values > 0 and column.others == 0 and len(column.top) == 1
    if column.others == 0:
        return len({target.label(value) for value, _ in column.top}) < 2
    if target.operator in ("==", "!=") or column.min is None:
        return False
    return bool(target.label(column.min) == target.label(column.max))


def _has_value(column: ColumnProfile, value: object) -> bool:
    return column.others > 0 or any(found == value or _same_text(found, value) for found, _ in column.top)


def _same_text(a: object, b: object) -> bool:
    return str(a).lower() == str(b).lower()


def _range(found: ColumnProfile, declared: Column) -> Iterator[str]:
    if found.kind != "number" or found.min is None or found.max is None:
        return
    if declared.min is not None and float(found.min) < declared.min:
        yield f"column {found.name} goes down to {found.min}, and its declared min is {declared.min:g}"
    if declared.max is not None and float(found.max) > declared.max:
        yield f"column {found.name} goes up to {found.max}, and its declared max is {declared.max:g}"


def _allowed(found: ColumnProfile, declared: Column) -> Iterator[str]:
    if declared.allowed is None:
        return
    allowed = {str(value) for value in declared.allowed}
    strangers = [str(value) for value, _ in found.top if str(value) not in allowed]
    if strangers:
        more = ", …" if len(strangers) > _EXAMPLES or found.others else ""
        yield f"column {found.name} holds values that are not allowed: {', '.join(strangers[:_EXAMPLES])}{more}"


def _inputs(profile: TableProfile, project: Project) -> list[ColumnProfile]:
    """The columns that a model may read: not the target, nothing that is known only after the outcome."""
    later = {name for name, column in project.data.columns.items() if column.available == "after_outcome"}
    hidden = later | {project.target.name, target_of(project).column}
    return [column for column in profile.columns.values() if column.name not in hidden]


def _missing(column: ColumnProfile, project: Project) -> Iterator[str]:
    declared = project.data.columns.get(column.name)
    most = declared.missing if declared and declared.missing is not None else project.data.rules.missing
    if column.missing > most:
        yield (
            f"column {column.name} is missing in {column.missing:.1%} of the rows, and at most {most:.1%} is allowed "
            f"(data.columns.{column.name}.missing or data.rules.missing)"
        )


def _warnings(profile: TableProfile, project: Project) -> Iterator[str]:
    for column in _inputs(profile, project):
        if column.values and column.others == 0 and len(column.top) == 1:
            yield f"column {column.name} has the same value in every row"
        unusable = column.nans + column.infinities
        if unusable:
            yield f"column {column.name} holds NaN or an infinity in {unusable} rows; they count as missing"
    time = profile.column(project.data.time) if project.data.time else None
    if time is not None and time.nulls:
        yield f"column {time.name}, the time of a row, is missing in {time.nulls} rows; they are not used"
