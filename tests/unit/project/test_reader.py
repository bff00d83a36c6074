"""The project file: three lines are enough, and every mistake is reported at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from evergreen.errors import ProjectError
from evergreen.project import Project
from evergreen.project.reader import parse_project, read_project

SMALLEST = "project: churn\ntarget: is_churned\ndata: {dataset: customers}\n"
TEN_MISTAKES = """\
project: Flights
descripton: late flights
objective: {problem: binary}
target: {name: late, form: arr_delay > 15}
data:
  dataset: flights
  columns:
    carrier: {typ: category}
    distance: {type: number, min: 5, max: 1}
training: {refit: all, parameters: [1]}
release: {steps: [{share: 150%}]}
monitoring: {drift: {every: 7 days}}
"""


def problems(text: str, stage: str = "local") -> list[str]:
    with pytest.raises(ProjectError) as caught:
        parse_project(text, name="project.yaml", stage=stage)
    return caught.value.problems


def test_three_lines_are_a_project() -> None:
    project = parse_project(SMALLEST)

    assert (project.project, project.target.name, project.data.dataset) == ("churn", "is_churned", "customers")
    assert project.release.steps[-1].share == 1.0


def test_ten_mistakes_are_reported_at_once_each_with_its_line_and_path() -> None:
    found = problems(TEN_MISTAKES)

    expected = {
        "line 1: project:",
        "line 2: descripton:",
        "line 3: objective.problem:",
        "line 4: target.form:",
        "line 8: data.columns.carrier.typ:",
        "line 8: data.columns.carrier.type:",
        "line 9: data.columns.distance:",
        "line 10: training.refit:",
        "line 10: training.parameters:",
        "line 11: release.steps[0].share:",
        "line 12: monitoring.drift.every:",
    }
    assert {start for problem in found for start in expected if start in problem} == expected
    assert len(found) == len(expected)


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    assert "did you mean description?" in problems(SMALLEST + "descripton: x\n")[0]
    assert "did you mean requests?" in problems(SMALLEST + "release: {steps: [{share: 100%, requets: 5}]}\n")[-1]


def test_a_key_written_twice_is_a_mistake() -> None:
    assert "is written twice" in problems(SMALLEST + "project: other\n")[0]


def test_a_known_key_that_is_not_supported_is_refused_by_name() -> None:
    assert "line 4: training.search: is not supported" in problems(SMALLEST + "training: {search: {trials: 3}}\n")[0]


def test_stage_overrides_are_merged_deeply_and_only_for_their_stage() -> None:
    text = SMALLEST + "release: {bake: 2h, check_every: 1m}\nstages: {local: {release: {bake: 1s}}}\n"

    local, prod = parse_project(text, stage="local"), parse_project(text, stage="prod")

    assert (local.release.bake, local.release.check_every) == (timedelta(seconds=1), timedelta(minutes=1))
    assert (prod.release.bake, prod.stage) == (timedelta(hours=2), "prod")


def test_a_mistake_in_an_override_names_the_path_in_the_file() -> None:
    found = problems(SMALLEST + "stages:\n  local:\n    training: {estimator: xgbost}\n")

    assert "line 6: stages.local.training.estimator:" in found[0]


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ("objective: {problem: regression, metric: roc_auc}", "roc_auc does not exist for regression"),
        ("evaluation: {gates: {auc: {min: 0.5}}}", "unknown metric 'auc'"),
        ("release: {strategy: all_at_once, steps: [{share: 100%}]}", "has no steps"),
        ("release: {steps: [{share: 25%}, {share: 5%}]}", "shares must rise"),
        ("serving: {quota: {per_second: 50, burst: 10}}", "must be at least per_second"),
        ("retraining: {every: 30s}", "retraining.every: EventBridge Scheduler counts in whole minutes"),
        ("monitoring: {drift: {every: 90s}}", "monitoring.drift.every: EventBridge Scheduler counts"),
        (
            "monitoring: {drift: {season: year}}",
            "monitoring.drift.season: the training rows' season is",
        ),
        ("monitoring: {drift: {season: week}}", "monitoring.drift.season: the window holds a whole week"),
        ("training: {instance: m5.large}", "training.instance: 'm5.large' is not an instance type of SageMaker"),
        ("serving: {endpoint: {instance: ml.c7g.large}}", "serving.endpoint.instance: ml.c7g.large has an Arm"),
    ],
)
def test_impossible_pairs_are_refused(extra: str, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(SMALLEST + extra + "\n"))


@pytest.mark.parametrize("stage", ["Prod", "eu_west", "1st", "a-stage-of-18-chars"])
def test_a_stage_that_cannot_be_part_of_a_name_is_refused(stage: str) -> None:
    assert "is not a stage's name" in problems(SMALLEST, stage)[0]


def test_a_feature_from_the_outcome_is_refused() -> None:
    text = (
        "project: f\ntarget: {name: late, from: delay > 15}\n"
        "data: {dataset: f, columns: {delay: {type: number}, at: {type: timestamp}}}\n"
        "features: [{time_parts: {of: delay}}]\n"
    )

    assert "known only after the outcome" in problems(text)[0]


@pytest.mark.parametrize("text", ["", "- a", "a: [", "a: b: c", "\t", "!!python/object:os.system {}", "a: &x [*x]"])
def test_text_that_is_no_project_is_a_sentence_and_never_a_traceback(text: str) -> None:
    assert problems(text)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read"):
        read_project(tmp_path / "absent.yaml")


def test_a_resolved_project_survives_json() -> None:
    text = SMALLEST.replace("customers}", "customers, time: at, split: {by: time, test: 3d}}")
    project = parse_project(text)

    assert Project.model_validate_json(project.model_dump_json(by_alias=True)) == project


def test_the_shipped_examples_pass() -> None:
    files = sorted(Path("examples").glob("*/project.yaml"))

    assert {path.parent.name for path in files} == {"churn", "flights"}
    for path in files:
        for stage in ("local", "dev", "prod"):
            assert read_project(path, stage=stage).project


def test_a_release_on_a_laptop_asks_for_few_requests_unless_the_file_says_otherwise() -> None:
    chosen = SMALLEST + "release: {bake: 9s}\n"

    assert [step.requests for step in parse_project(SMALLEST).release.steps] == [5, 5, 10]
    assert parse_project(SMALLEST, stage="prod").release.steps[0].requests == 1500
    assert parse_project(chosen).release.bake == timedelta(seconds=9)
