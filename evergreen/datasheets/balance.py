"""How often each answer of the target occurs, as far as the profile knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evergreen.data.target import TargetExpression
from evergreen.datasheets.representation import group_name
from evergreen.datasheets.wilson import wilson
from evergreen.drift.views import steps_of
from evergreen.profiles.column import ColumnProfile

MOST_LABELS = 20  # a target of more values is a number to estimate, or is shown by its most frequent ones


@dataclass(frozen=True)
class Label:
    """One answer: its rows and their share, with the 95 % interval of the share."""

    label: str
    rows: int
    share: float
    low: float
    high: float
    error: float = 0.0  # of the share, where the counts come from a summary


def balance(column: ColumnProfile | None, target: TargetExpression) -> tuple[Label, ...]:
    """The target's answers, the most frequent first; none for a number that is estimated."""
    if column is None or not column.values:
        return ()
    error = 0.0
    if target.operator is None:
        if column.kind == "number" and column.distinct > MOST_LABELS:
            return ()
        counts = {group_name(value): rows for value, rows in column.top}
    elif column.exact:
        counts = {"true": 0, "false": 0}
        for value, rows in column.top:
            counts[str(bool(target.label(value))).lower()] += rows
    elif column.kind == "number" and isinstance(target.value, float):
        counts, error = _from_summary(column, target)
    else:
        known = dict(column.top).get(target.value, 0) if target.value is not None else 0
        held = {"==": known, "!=": column.values - known}.get(target.operator)
        if held is None:
            return ()
        counts = {"true": held, "false": column.values - held}
    return tuple(
        Label(name, rows, rows / column.values, *wilson(rows, column.values), error)
        for name, rows in sorted(counts.items(), key=lambda pair: -pair[1])[:MOST_LABELS]
    )


def _from_summary(column: ColumnProfile, target: TargetExpression) -> tuple[dict[str, int], float]:
    steps, value = steps_of(column), float(target.value or 0.0)
    at, below = (float(each) for each in steps.at([value, np.nextafter(value, -np.inf)]))
    shares = {">": 1 - at, "<=": at, ">=": 1 - below, "<": below, "==": at - below, "!=": 1 - at + below}
    held = round(shares[target.operator or "=="] * column.values)
    return {"true": held, "false": column.values - held}, steps.error
