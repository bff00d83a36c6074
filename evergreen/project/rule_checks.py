"""Rules that cannot hold: about columns that nobody declares, or of another type than the rule can judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from evergreen.project.known import Finding, KnownColumns, unknown
from evergreen.project.named_rules import BetweenRule, Check, ColumnSpan, LengthRule, RegexRule, ScoreRule, SetRule
from evergreen.project.schema import Project
from evergreen.times import instant, stamp

_RULES = ("data", "rules")
_NUMBERS, _TEXTS, _ORDERED = ("number", "id"), ("category", "id"), ("number", "timestamp", "id")
_DISTINCT = ("column_unique_value_count_to_be_between", "column_proportion_of_unique_values_to_be_between")


def rule_findings(project: Project, target_columns: list[str]) -> Iterator[Finding]:
    """Every contradiction between the rules and the declared columns."""
    rules, data = project.data.rules, project.data
    if rules.fresh is not None and data.time is None:
        yield (*_RULES, "fresh"), "needs data.time: the newest row is found by it"
    known = KnownColumns.of(data, target_columns)
    for at, key in enumerate(rules.unique):
        for name in key:
            if known.lacks(name):
                yield (*_RULES, "unique", at), unknown(name)
    for at, check in enumerate(rules.checks):
        place = (*_RULES, "checks", at, check.rule)
        if check.expression is not None:
            yield from known.condition(check.expression, place)
        else:
            yield from _named(check, place, known)


def _named(check: Check, place: tuple[str | int, ...], known: KnownColumns) -> Iterator[Finding]:
    rule = getattr(check, check.rule)
    if check.rule == "table_columns_to_match_set":
        return
    single = [getattr(rule, name) for name in ("column", "a", "b") if hasattr(rule, name)]
    for name in [*single, *getattr(rule, "columns", [])]:
        if known.lacks(name):
            yield place, unknown(name)
    kinds, fits = known.kinds, _fits(check.rule, rule)
    if fits and single and kinds.get(single[0], fits[0]) not in fits:
        yield place, f"judges a {' or '.join(fits)}, and {single[0]} is a {kinds[single[0]]}"
    elif isinstance(rule, BetweenRule | SetRule):
        yield from _values(rule, place, kinds.get(rule.column))


def _values(rule: BetweenRule | SetRule, place: tuple[str | int, ...], kind: str | None) -> Iterator[Finding]:
    """Bounds and members that the column's values cannot be compared with."""
    if isinstance(rule, SetRule):
        strangers = [value for value in rule.values if kind == "timestamp" and not _is_time(value)]
        if strangers:
            yield place, f"{rule.column} is a timestamp, and {strangers[0]!r} is not an ISO 8601 time"
        if kind == "category" and any(isinstance(value, bool) for value in rule.values):
            yield place, f"{rule.column} is a category, which holds texts; write true, yes and their like in quotes"
        return
    for value in (rule.min, rule.max):
        if kind == "timestamp" and isinstance(value, int | float):
            yield place, f"{rule.column} is a timestamp, and {value} is a number; write times such as 2013-01-01"
        if kind == "number" and isinstance(value, datetime):
            yield place, f"{rule.column} is a number, and {stamp(value)} is a time; write numbers"


def _fits(name: str, rule: Any) -> tuple[str, ...]:
    """The column types that a rule can judge; none when it can judge all."""
    if isinstance(rule, ScoreRule) or (isinstance(rule, ColumnSpan) and name not in _DISTINCT):
        return _NUMBERS
    if isinstance(rule, RegexRule | LengthRule):
        return _TEXTS
    return _ORDERED if isinstance(rule, BetweenRule) else ()


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(instant(value))
    except ValueError:
        return False
