"""Pairs of settings that cannot both hold: found after every block is right by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

from evergreen.project.instances import instance_problem
from evergreen.project.joins import misplaced
from evergreen.project.known import Finding, unknown
from evergreen.project.prepare_checks import prepare_findings
from evergreen.project.rule_checks import rule_findings
from evergreen.project.schema import ESTIMATORS, METRICS, Problem, Project

# Part of the names of endpoints and functions, which may have 63 and 64 characters.
_STAGE = re.compile(r"^[a-z][a-z0-9-]{0,15}$")
_MINUTE = timedelta(minutes=1)
_SEASONS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "year": timedelta(days=365)}
_COLUMN = re.compile(r"^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:>=|<=|==|!=|>|<)\s*(?:-?\d+(?:\.\d+)?|'[^']*'|\"[^\"]*\")\s*$")


def impossible_pairs(project: Project) -> list[Finding]:
    """Every contradiction of a project, as (path, sentence)."""
    parts = (
        _stage,
        _target,
        _metrics,
        _estimator,
        _columns,
        _joins,
        _groups,
        _features,
        _prepare,
        _rules,
        _serving,
        _source,
        _schedules,
        _season,
        _instances,
    )
    return [finding for part in parts for finding in part(project)]


def target_sources(project: Project) -> list[str]:
    """The columns that the target is computed from: knowing them is knowing the answer."""
    if project.target.expression is None:
        return [project.target.name]
    found = _COLUMN.match(project.target.expression)
    return [project.target.name, found[1]] if found else [project.target.name]


def _stage(project: Project) -> Iterator[Finding]:
    if not _STAGE.match(project.stage):
        yield ("stage",), f"{project.stage!r} is not a stage's name: [a-z][a-z0-9-]*, at most 16 characters"


def _target(project: Project) -> Iterator[Finding]:
    expression = project.target.expression
    if expression is not None and not _COLUMN.match(expression):
        yield ("target", "from"), f"{expression!r} is not `column operator value`, such as arr_delay > 15"
    if expression is not None and project.target.positive is not None:
        yield (
            ("target", "positive"),
            "a target computed by `from` is true or false; positive is for a column's own values",
        )
    if expression is not None and project.objective.problem not in (None, "binary_classification"):
        yield (
            ("objective", "problem"),
            f"a target computed by `from` is binary, and the problem is {project.objective.problem}",
        )


def _metrics(project: Project) -> Iterator[Finding]:
    named = [(("objective", "metric"), project.objective.metric)]
    named += [(("evaluation", "gates", metric), metric) for metric in project.evaluation.gates]  # type: ignore[misc]
    possible = _possible_problems(project)
    for place, metric in named:
        if metric is None:
            continue
        if metric not in METRICS:
            yield place, f"unknown metric {metric!r}; known: {', '.join(METRICS)}"
        elif not possible & set(METRICS[metric][0]):
            yield place, f"{metric} does not exist for {' or '.join(sorted(possible))}"


def _estimator(project: Project) -> Iterator[Finding]:
    possible = _possible_problems(project)
    if project.objective.metric in METRICS:
        possible = possible & set(METRICS[project.objective.metric][0]) or possible
    fitting = [name for name, problems in ESTIMATORS.items() if possible & set(problems)]
    told = " or ".join(sorted(possible))
    if project.training.estimator not in fitting:
        yield (
            ("training", "estimator"),
            f"{project.training.estimator} does not fit a {told}; use one of {', '.join(fitting)}",
        )
    if project.training.class_weight != "none" and possible == {"regression"}:
        yield ("training", "class_weight"), "balanced needs classes, and this is a regression"


def _possible_problems(project: Project) -> set[str]:
    """The problems that the project file leaves possible, before any data is seen."""
    if project.objective.problem:
        return {project.objective.problem}
    return {"binary_classification"} if project.target.expression else set(get_args(Problem))


def _columns(project: Project) -> Iterator[Finding]:
    columns, time = project.data.columns, project.data.time
    if time is not None and time in columns and columns[time].type != "timestamp":
        yield ("data", "columns", time, "type"), "data.time names this column, so its type must be timestamp"


def _joins(project: Project) -> Iterator[Finding]:
    data = project.data
    declared, exempt = list(data.columns), target_sources(project)
    yield from misplaced(
        data.join, dataset=data.dataset, time=data.time, key=data.key, declared=declared, exempt=exempt
    )


def _groups(project: Project) -> Iterator[Finding]:
    for index, groups in enumerate(project.data.representation):
        column = project.data.columns.get(groups.column)
        if column is not None and column.type in ("timestamp", "id"):
            place = ("data", "representation", index, "column")
            yield place, f"{groups.column} is a {column.type}; groups are values of a category, boolean or number"


def _features(project: Project) -> Iterator[Finding]:
    columns = project.data.columns
    forbidden = {name for name, column in columns.items() if column.available == "after_outcome"}
    forbidden |= set(target_sources(project))
    for index, feature in enumerate(project.features):
        of = feature.time_parts.of
        place = ("features", index, "time_parts", "of")
        if of in forbidden:
            yield place, f"{of} is known only after the outcome, so no feature may use it"
        elif columns and of not in columns and of != project.data.time:
            yield place, unknown(of)
        elif of in columns and columns[of].type != "timestamp":
            yield place, f"{of} is a {columns[of].type}; time parts need a timestamp"
    if project.data.split and project.data.split.by == "time" and project.data.time is None:
        yield ("data", "split", "by"), "a split by time needs data.time"


def _prepare(project: Project) -> Iterator[Finding]:
    yield from prepare_findings(project, target_sources(project))


def _rules(project: Project) -> Iterator[Finding]:
    yield from rule_findings(project, target_sources(project))


def _serving(project: Project) -> Iterator[Finding]:
    if project.release.strategy != "canary" and "steps" in project.release.model_fields_set:
        yield ("release", "steps"), f"the strategy {project.release.strategy} has no steps"
    if project.serving.quota.burst < project.serving.quota.per_second:
        yield ("serving", "quota", "burst"), "must be at least per_second"
    if project.target.name in project.data.key:
        yield ("data", "key"), f"{project.target.name} is the target and cannot be a key"


def _source(project: Project) -> Iterator[Finding]:
    source, place = project.data.source, ("data", "source")
    if source is None:
        return
    if project.data.new_files == "append" and not source.has_watermark:
        yield place, "it gives everything each time; name its watermark, or set data.new_files: replace"
    if project.data.new_files == "replace" and source.has_watermark and source.s3 is None:
        yield place, "it gives what is new, and data.new_files: replace would drop all else; use append"
    if project.stage != "local" and source.sql is not None and source.sql.url is not None:
        yield (*place, "sql", "url"), "an SQLite file is on this machine; other stages than local need secret"
    if project.stage != "local" and source.http is not None and source.http.is_local:
        yield (*place, "http", "url"), "http:// is for a server of this machine; other stages than local need https://"


def _schedules(project: Project) -> Iterator[Finding]:
    scheduled: dict[tuple[str | int, ...], timedelta] = {
        ("monitoring", "drift", "every"): project.monitoring.drift.every,
        ("monitoring", "quality", "every"): project.monitoring.quality.every,
        ("retraining", "every"): project.retraining.every,
    }
    if project.data.source is not None:
        scheduled["data", "source", "every"] = project.data.source.every
    for place, interval in scheduled.items():
        if interval < _MINUTE or interval % _MINUTE:
            yield place, "EventBridge Scheduler counts in whole minutes; 1m is the shortest interval"


def _season(project: Project) -> Iterator[Finding]:
    drift, place = project.monitoring.drift, ("monitoring", "drift", "season")
    if drift.season is None:
        return
    if project.data.time is None:
        yield place, "the training rows' season is that of data.time, which is not named"
    if drift.window >= _SEASONS[drift.season]:
        yield place, f"the window holds a whole {drift.season}; it must be shorter"


def _instances(project: Project) -> Iterator[Finding]:
    named = {
        ("training", "instance"): project.training.instance,
        ("serving", "endpoint", "instance"): project.serving.endpoint.instance,
    }
    for place, instance in named.items():
        if problem := instance_problem(instance):
            yield place, problem
