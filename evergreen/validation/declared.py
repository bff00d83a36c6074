"""The expectations that a project declares: its columns' contracts, the short rules, the checks, and its target's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from evergreen.data.target import target_of
from evergreen.project.expression import parse_expression
from evergreen.project.named_rules import Check
from evergreen.project.rules import Rules
from evergreen.project.schema import Column, Project
from evergreen.validation.expectation import Expectation
from evergreen.validation.figure_rules import ColumnSet, Exists, Figure, Fresh, OfType, RowCount
from evergreen.validation.key_rules import Distinct, Unique
from evergreen.validation.redaction import Redaction
from evergreen.validation.row_rules import Holds, above
from evergreen.validation.score_rules import ZScore
from evergreen.validation.set_rules import InSet
from evergreen.validation.target_rules import PositiveOccurs, TargetVaries
from evergreen.validation.value_rules import Between, Lengths, NotNull, Regex


def expectations(project: Project, names: Sequence[str], *, as_of: datetime | None = None) -> tuple[Expectation, ...]:
    """Everything that the project declares about data with these columns; how fresh it is, only as of a time."""
    rules, data = project.data.rules, project.data
    found: list[Expectation] = []
    for name, column in data.columns.items():
        if name != project.target.name or name in names:
            found += column_expectations(name, column, rules)
    read = inputs(project, names)
    found += [_not_null(name, data.columns.get(name), rules) for name in read]
    if rules.outliers is not None:
        hidden = data.identifiers
        columns = {name: data.columns.get(name) for name in read if name not in hidden}
        found += [_outliers(name, column, rules) for name, column in columns.items() if _may_be_number(column)]
    found += [_unique(key, rules) for key in rules.unique]
    if rules.fresh is not None and data.time is not None and as_of is not None:
        since = as_of - rules.fresh
        found.append(
            Fresh(column=data.time, since=since, declared="data.rules.fresh", severity=rules.severity("fresh"))
        )
    found += checks(rules.checks)
    return (*found, *_of_the_version(project))


def column_expectations(name: str, column: Column, rules: Rules) -> Iterator[Expectation]:
    """What one column's contract says, but for its missing values."""
    at = f"data.columns.{name}"
    yield Exists(column=name, declared=at)
    yield OfType(column=name, type=column.type, declared=f"{at}.type")
    yield from _between(name, column, rules)
    if column.allowed is not None:
        severity = rules.severity("allowed")
        yield InSet(column=name, values=tuple(column.allowed), declared=f"{at}.allowed", severity=severity)
    if column.pattern is not None:
        severity = rules.severity("pattern")
        yield Regex(column=name, regex=column.pattern, declared=f"{at}.pattern", severity=severity)
    if column.length is not None:
        low, high = column.length.min, column.length.max
        severity = rules.severity("length")
        yield Lengths(column=name, min=low, max=high, declared=f"{at}.length", severity=severity)


def _between(name: str, column: Column, rules: Rules) -> Iterator[Between]:
    """One rule for both bounds, or two where only one of them refuses."""
    least, most, at = rules.severity("min"), rules.severity("max"), f"data.columns.{name}"
    if None not in (column.min, column.max) and least == most:
        yield Between(column=name, min=column.min, max=column.max, declared=at, severity=least)
        return
    if column.min is not None:
        yield Between(column=name, min=column.min, declared=at, severity=least)
    if column.max is not None:
        yield Between(column=name, max=column.max, declared=at, severity=most)


def inputs(project: Project, names: Sequence[str]) -> list[str]:
    """The columns that a model may read: not the target, nothing that is known only after the outcome."""
    declared = project.data.columns
    hidden = {name for name, column in declared.items() if column.available == "after_outcome"}
    hidden |= {project.target.name, target_of(project).column}
    used = {*declared, *project.data.key, project.data.time}
    return [name for name in names if name not in hidden and (not declared or name in used)]


def redaction(project: Project) -> Redaction:
    """What a report may show of this project's data."""
    categories = [name for name, column in project.data.columns.items() if column.type == "category"]
    keys = [each.columns for each in checks(project.data.rules.checks) if isinstance(each, Unique)]
    unique = {name for key in keys for name in key if name != project.data.time}
    return Redaction(project.data.identifiers | unique, frozenset(categories))


def checks(declared: Sequence[Check]) -> list[Expectation]:
    """The named checks."""
    return [_check(check, f"data.rules.checks[{at}]") for at, check in enumerate(declared)]


def _not_null(name: str, column: Column | None, rules: Rules) -> Expectation:
    own = column.missing if column else None
    at = "data.rules.missing" if own is None else f"data.columns.{name}.missing"
    at_most = rules.missing if own is None else own
    return NotNull(column=name, at_most=at_most, declared=at, severity=rules.severity("missing"))


def _outliers(name: str, column: Column | None, rules: Rules) -> Expectation:
    assert rules.outliers is not None
    return ZScore(
        column=name, typed=column is not None, beyond=rules.outliers.beyond, at_most=rules.outliers.at_most,
        declared="data.rules.outliers", severity=rules.severity("outliers"),
    )  # fmt: skip


def _unique(key: Sequence[str], rules: Rules) -> Expectation:
    return Unique(key=tuple(key), declared="data.rules.unique", severity=rules.severity("unique"))


def _may_be_number(column: Column | None) -> bool:
    return column is None or column.type == "number"


def _of_the_version(project: Project) -> Iterator[Expectation]:
    target, rules = target_of(project), project.data.rules
    least, most = rules.severity("min_rows"), rules.severity("max_rows")
    yield RowCount(min=rules.min_rows, max=None, target=target.column, declared="data.rules.min_rows", severity=least)
    if rules.max_rows is not None:
        yield RowCount(min=None, max=rules.max_rows, declared="data.rules.max_rows", severity=most)
    yield TargetVaries(column=target.column, target=target, name=project.target.name, declared="target")
    if project.target.positive is not None:
        yield PositiveOccurs(column=target.column, positive=project.target.positive, declared="target.positive")


def _check(check: Check, at: str) -> Expectation:
    common: dict[str, Any] = {"declared": f"{at}.{check.rule}", "severity": check.severity}
    rule = getattr(check, check.rule)
    if check.rule == "expression":
        return Holds(condition=parse_expression(rule), said=rule, at_most=_rest(check.mostly), **common)
    tolerance = {"at_most": _rest(rule.mostly)} if hasattr(rule, "mostly") else {}
    return _NAMED[check.rule](rule, common | tolerance)


def _rest(mostly: float | None) -> float:
    """What may break a rule that holds for most rows."""
    return 0.0 if mostly is None else round(1 - mostly, 12)


def _pair(rule: Any, common: Mapping[str, Any]) -> Expectation:
    sign = ">=" if rule.or_equal else ">"
    return Holds(
        condition=above(rule.a, rule.b, or_equal=rule.or_equal), said=f"{rule.a} {sign} {rule.b}",
        name="column_pair_values_a_to_be_greater_than_b", **common,
    )  # fmt: skip


def _figure(figure: str) -> Callable[[Any, Mapping[str, Any]], Expectation]:
    return lambda rule, common: Figure(column=rule.column, figure=figure, min=rule.min, max=rule.max, **common)


def _distinct(*, share: bool) -> Callable[[Any, Mapping[str, Any]], Expectation]:
    return lambda rule, common: Distinct(key=(rule.column,), share=share, min=rule.min, max=rule.max, **common)


_NAMED: Mapping[str, Callable[[Any, Mapping[str, Any]], Expectation]] = {
    "table_row_count_to_be_between": lambda rule, common: RowCount(min=rule.min, max=rule.max, **common),
    "table_columns_to_match_set": lambda rule, common: ColumnSet(names=tuple(rule.columns), **common),
    "column_values_to_not_be_null": lambda rule, common: NotNull(column=rule.column, **common),
    "column_values_to_be_of_type": lambda rule, common: OfType(column=rule.column, type=rule.type, **common),
    "column_values_to_be_between": lambda rule, common: Between(
        column=rule.column, min=rule.min, max=rule.max, **common
    ),
    "column_values_to_be_in_set": lambda rule, common: InSet(column=rule.column, values=tuple(rule.values), **common),
    "column_values_to_not_be_in_set": lambda rule, common: InSet(
        column=rule.column, values=tuple(rule.values), inside=False, **common
    ),
    "column_values_to_match_regex": lambda rule, common: Regex(column=rule.column, regex=rule.regex, **common),
    "column_value_lengths_to_be_between": lambda rule, common: Lengths(
        column=rule.column, min=rule.min, max=rule.max, **common
    ),
    "column_value_z_scores_to_be_less_than": lambda rule, common: ZScore(
        column=rule.column, beyond=rule.threshold, **common
    ),
    "column_values_to_be_unique": lambda rule, common: Unique(key=(rule.column,), **common),
    "compound_columns_to_be_unique": lambda rule, common: Unique(key=tuple(rule.columns), **common),
    "column_pair_values_a_to_be_greater_than_b": _pair,
    **{f"column_{name}_to_be_between": _figure(name) for name in ("mean", "median", "stdev", "min", "max")},
    "column_unique_value_count_to_be_between": _distinct(share=False),
    "column_proportion_of_unique_values_to_be_between": _distinct(share=True),
}
