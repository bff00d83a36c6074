"""Which problem a target poses, when the project file does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evergreen.errors import DataRefused
from evergreen.features.values import Column
from evergreen.project.schema import DEFAULT_METRIC, METRICS, Problem, Project

MOST_INTEGER_CLASSES = 20  # integers with more values than this are amounts


def problem_of(project: Project, labels: Column) -> Problem:
    """The declared problem, else the one that the labels (and a declared metric) tell."""
    if project.objective.problem:
        return project.objective.problem
    natural = _natural(labels)
    metric = project.objective.metric
    if metric is None or natural in METRICS[metric][0]:
        return natural
    numbers = not any(isinstance(label, str) for label in labels)
    possible = [problem for problem in METRICS[metric][0] if problem != "regression" or numbers]
    if not possible:
        raise DataRefused(f"objective.metric is {metric}, and {project.target.name} holds text")
    return possible[-1]  # type: ignore[return-value]


def metric_of(project: Project, problem: Problem) -> str:
    """The metric that decides; DataRefused when the problem has no such metric."""
    metric = project.objective.metric or DEFAULT_METRIC[problem]
    if problem not in METRICS[metric][0]:
        raise DataRefused(f"objective.metric is {metric}, and the target poses a {problem}")
    return metric


def classes_of(project: Project, problem: Problem, labels: Column) -> tuple[Any, ...] | None:
    """The classes, the positive one last; None for a regression."""
    name = project.target.name
    if problem == "regression":
        if any(isinstance(label, str) for label in labels):
            raise DataRefused(f"{name} holds text, and a regression needs numbers")
        return None
    classes = sorted(set(labels.tolist()), key=lambda label: (isinstance(label, str), label))
    if len(classes) < 2:
        raise DataRefused(f"{name} is {classes[0]!r} in every training row, so there is nothing to learn")
    if problem == "multiclass_classification":
        return tuple(classes)
    if len(classes) > 2:
        shown = ", ".join(repr(label) for label in classes[:5])
        raise DataRefused(f"{name} holds {len(classes)} classes ({shown}, …), and a binary classification has two")
    return _with_positive_last(classes, project.target.positive, name)


def _natural(labels: Column) -> Problem:
    distinct = set(labels.tolist())
    if len(distinct) == 2 or all(isinstance(label, bool) for label in distinct):
        return "binary_classification"
    if any(isinstance(label, str) for label in distinct):
        return "multiclass_classification"
    whole = all(float(label).is_integer() for label in distinct)
    return "multiclass_classification" if whole and len(distinct) <= MOST_INTEGER_CLASSES else "regression"


def _with_positive_last(classes: Sequence[Any], positive: Any, name: str) -> tuple[Any, ...]:
    if positive is None:
        return tuple(classes)
    found = [label for label in classes if label == positive or str(label).lower() == str(positive).lower()]
    if not found:
        raise DataRefused(f"target.positive is {positive!r}, and {name} holds {classes[0]!r} and {classes[1]!r}")
    return (*(label for label in classes if label != found[0]), found[0])
