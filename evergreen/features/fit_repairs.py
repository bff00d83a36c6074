"""Learning what becomes of missing and extreme values from training rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from evergreen.errors import DataRefused
from evergreen.features.repairs import Clip, Impute, Repair, is_missing
from evergreen.features.values import Column, ColumnType, text
from evergreen.project.named_rules import Span
from evergreen.project.prepare import Constant, Preparation


def fit_repairs(
    steps: Sequence[Preparation], columns: Mapping[str, Column], types: Mapping[str, ColumnType]
) -> tuple[Repair, ...]:
    """Learn the steps that change values from training rows, each from what those before it left.

    Steps of columns that are no features are passed over.
    """
    found, left = [], dict(columns)
    for step in steps:
        for name, how in (step.clip or step.impute or {}).items():
            if name in types:
                for repair in _fitted(step.step, name, how, left[name], types[name]):
                    left[name] = repair.repaired(left[name])
                    found.append(repair)
    return tuple(found)


def _fitted(step: str, name: str, how: Any, values: Column, kind: ColumnType) -> Iterator[Repair]:
    if step == "clip":
        _check(step, name, kind, ("number",))
        yield Clip(name, *_bounds(how, values))
    elif isinstance(how, Constant):
        _check(step, name, kind, ("number", "category", "boolean"))
        yield Impute(name, str(text(how.constant)) if kind == "category" else _number(name, how.constant))
    else:
        _check(step, name, kind, ("number", "category", "boolean") if how == "most_frequent" else ("number",), how)
        yield Impute(name, _learned(name, how, values))


def _check(step: str, name: str, kind: ColumnType, fitting: Sequence[str], how: str = "it") -> None:
    if kind not in fitting:
        raise DataRefused(f"data.prepare: {step}: {name} is a {kind}, and {how} needs a {' or a '.join(fitting)}")


def _number(name: str, value: object) -> float:
    if isinstance(value, str):
        raise DataRefused(f"data.prepare: impute: {name} holds no texts, and the constant is {value!r}")
    return float(value)  # type: ignore[arg-type] # a number, true or false


def _bounds(how: float | Span, values: Column) -> tuple[float, float]:
    if isinstance(how, Span):
        low, high = how.min, how.max
        return -math.inf if low is None else float(low), math.inf if high is None else float(high)
    known = values[np.isfinite(values)]
    if not len(known):
        return -math.inf, math.inf
    mean, spread = float(known.mean()), how * float(known.std())
    return mean - spread, mean + spread


def _learned(name: str, how: str, values: Column) -> float | str:
    """The median, the mean, or the most frequent value, of equally frequent ones the smallest."""
    known = values[~is_missing(values)]
    if not len(known):
        raise DataRefused(f"data.prepare: impute: no training row has a value of {name}")
    if how == "most_frequent":
        levels, counts = np.unique(known, return_counts=True)
        found: float | str = levels[counts.argmax()]
        return found if isinstance(found, str) else float(found)
    return float(np.median(known) if how == "median" else known.mean())
