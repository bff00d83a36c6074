"""Estimators, metrics and time parts that cannot fit what the project file declares."""

from __future__ import annotations

import pytest

from evergreen.errors import ProjectError
from evergreen.project.reader import parse_project

SMALLEST = "project: churn\ntarget: churn\ndata: {dataset: customers}\n"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "objective: {problem: regression}\ntraining: {estimator: logistic_regression}\n",
            "training.estimator: logistic_regression does not fit a regression; "
            "use one of hist_gradient_boosting, random_forest, linear",
        ),
        ("objective: {metric: f1}\ntraining: {estimator: linear}\n", "linear does not fit a binary_classification"),
        ("objective: {metric: rmse}\ntraining: {class_weight: balanced}\n", "balanced needs classes"),
    ],
)
def test_a_recipe_that_cannot_fit_the_declared_problem_is_refused(text: str, mistake: str) -> None:
    with pytest.raises(ProjectError) as raised:
        parse_project(SMALLEST + text)

    assert mistake in raised.value.problems[0]


def test_a_computed_target_is_binary() -> None:
    text = "project: p\ntarget: {name: late, from: delay > 15}\ndata: {dataset: d}\nobjective: {metric: rmse}\n"

    with pytest.raises(ProjectError) as raised:
        parse_project(text)

    assert "objective.metric: rmse does not exist for binary_classification" in raised.value.problems[0]


@pytest.mark.parametrize("estimator", ["hist_gradient_boosting", "random_forest", "logistic_regression", "linear"])
def test_without_a_declared_problem_any_estimator_may_fit(estimator: str) -> None:
    assert parse_project(SMALLEST + f"training: {{estimator: {estimator}}}\n").training.estimator == estimator


def test_time_parts_of_a_column_that_is_not_declared_are_refused() -> None:
    data = "data: {dataset: d, time: at, columns: {a: {type: number}}}\n"
    features = "features: [{time_parts: {of: at}}, {time_parts: {of: born}}]\n"

    with pytest.raises(ProjectError) as raised:
        parse_project("project: p\ntarget: y\n" + data + features)

    assert len(raised.value.problems) == 1
    assert "features[1].time_parts.of: born is not among data.columns" in raised.value.problems[0]
