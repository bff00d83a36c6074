"""`evergreen check` and `evergreen schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import SMALLEST, Evergreen

pytestmark = pytest.mark.usefixtures("project_file")


def test_three_lines_are_valid(evergreen: Evergreen) -> None:
    said = evergreen("check")

    assert said.code == 0
    assert said.out == "project.yaml: churn is valid for stage local\n"


def test_every_mistake_has_its_line_and_none_a_traceback(evergreen: Evergreen, project_file: Path) -> None:
    project_file.write_text(SMALLEST + "releese: {}\ntraining: {estimator: linaer}\n")

    said = evergreen("check")

    assert said.code == 2
    assert said.err.splitlines() == [
        "project.yaml: line 4: releese: unknown key; did you mean release?",
        "project.yaml: line 5: training.estimator: is 'linaer'; use one of hist_gradient_boosting, random_forest, "
        "logistic_regression, linear (did you mean linear?)",
    ]


def test_mistakes_as_json_are_a_document_too(evergreen: Evergreen, project_file: Path) -> None:
    project_file.write_text(SMALLEST + "releese: {}\n")

    said = evergreen("check", "--json")

    assert said.code == 2
    assert json.loads(said.out)["valid"] is False
    assert said.err == ""


def test_explain_prints_every_default(evergreen: Evergreen) -> None:
    said = evergreen("check", "--explain")

    assert json.loads(said.out)["training"]["estimator"] == "hist_gradient_boosting"


def test_a_file_that_is_not_there_is_a_mistake_of_usage(evergreen: Evergreen, project_file: Path) -> None:
    project_file.unlink()

    said = evergreen("check")

    assert said.code == 2
    assert said.err == "project.yaml: there is no such file here; name a project file with --project\n"


@pytest.mark.parametrize("arguments", [("schema",), ("schema", "--json")])
def test_the_schema_is_json(evergreen: Evergreen, arguments: tuple[str, ...]) -> None:
    assert "properties" in json.loads(evergreen(*arguments).out)
