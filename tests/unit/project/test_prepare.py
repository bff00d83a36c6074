"""data.prepare: its steps, and the ones that cannot be taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evergreen.project.reader import ProjectError, parse_project

PROJECT = """\
project: trips
target: {name: late, from: delay > 15}
data:
  dataset: trips
  time: departure
  key: [trip]
  columns:
    trip: {type: id}
    distance: {type: number}
    line: {type: category}
    express: {type: boolean}
    departure: {type: timestamp}
    delay: {type: number, available: after_outcome}
  prepare: [STEP]
"""


def mistakes(step: str) -> str:
    with pytest.raises(ProjectError) as refused:
        parse_project(PROJECT.replace("STEP", step))
    return str(refused.value)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("drop_duplicates: trip", "of rows alike in trip the first is kept"),
        ("drop_duplicates: [trip, line]", "of rows alike in trip, line the first is kept"),
        ('drop_duplicates: {columns: "*", keep: last}', "of rows alike in all columns the last is kept"),
        ("filter: delay < 600", "only rows where delay < 600"),
        ("drop_outliers: {distance: 4sd}", "no training rows with distance beyond 4 sd"),
        ("clip: {distance: 3sd}", "clip distance to 3 sd"),
        ("clip: {distance: {min: 1, max: 9.5}}", "clip distance to min 1 and max 9.5"),
        ("impute: {distance: median, line: {constant: none}}", "impute distance: median, line: 'none'"),
        ("impute: {express: most_frequent}", "impute express: most_frequent"),
    ],
)
def test_reads_each_step_and_says_it(step: str, said: str) -> None:
    (found,) = parse_project(PROJECT.replace("STEP", f"{{{step}}}")).data.prepare

    assert str(found) == said


@pytest.mark.parametrize(
    ("step", "mistake"),
    [
        (
            "drop_duplicates: [trip, nobody]",
            "line 14: data.prepare[0].drop_duplicates: nobody is not among",
        ),
        ("drop_duplicates: {columns: trip, keep: newest}", "keep: is 'newest'; use one of first, last"),
        ("filter: distance >", "data.prepare[0].filter: at character 11: the expression ends"),
        ("filter: distance > line", "distance is a number and cannot be compared with line, a text"),
        ("filter: 1 < 2", "names no column"),
        ("filter: nobody > 2", "at character 1: nobody is not among data.columns"),
        (
            "drop_outliers: {line: 3sd}",
            "drop_outliers.line: line is a category, and drop_outliers needs a number",
        ),
        ("drop_outliers: {distance: far}", "'far' is not a number of standard deviations"),
        ("drop_outliers: {}", "data.prepare[0]: drop_outliers names no column"),
        ("clip: {distance: {min: 9, max: 1}}", "data.prepare[0].clip.distance: min 9 is above max 1"),
        ("clip: {distance: {low: 9}}", "low: Extra inputs are not permitted"),
        ("clip: {delay: 3sd}", "delay is the target, or what it is computed from; only features are changed"),
        ("impute: {departure: median}", "departure is the dataset's time or key; only features are changed"),
        ("impute: {distance: modus}", "is 'modus'; use one of median, mean, most_frequent, or {constant: …}"),
        ("impute: {line: median}", "line is a category, and it has no median; use most_frequent"),
        ("impute: {distance: {constant: none}}", "distance is a number, and 'none' is none"),
        ("impute: {line: {constant: true}}", "line is a category, and True is none"),
        ("impute: {express: {constant: 1}}", "express is a boolean, and 1 is none"),
        (
            "clip: {distance: 3sd}, filter: delay > 1",
            "data.prepare[0]: a step is exactly one of",
        ),
    ],
)
def test_refuses_what_cannot_be_done_and_says_where(step: str, mistake: str) -> None:
    assert mistake in mistakes(f"{{{step}}}")


def test_says_one_mistake_of_one_value() -> None:
    assert mistakes("{impute: {distance: modus}}").count("\n") == 0


def test_survives_json() -> None:
    """Jobs read the project as JSON."""
    steps = '{clip: {distance: 3sd}}, {drop_duplicates: "*"}, {impute: {line: {constant: "7"}}}'
    project = parse_project(PROJECT.replace("STEP", steps))

    document: dict[str, Any] = json.loads(project.model_dump_json(by_alias=True))
    assert type(project).model_validate(document) == project


@pytest.mark.parametrize("place", ["data: {dataset: d, augmentation: noise}", "training: {smote: true}"])
def test_refuses_augmentation_by_name(place: str) -> None:
    text = f"project: p\ntarget: y\n{'' if place.startswith('data') else 'data: {dataset: d}'}\n{place}\n"
    with pytest.raises(ProjectError, match="data augmentation is refused for tables: rows that nobody observed"):
        parse_project(text)
