from __future__ import annotations

import json
import re
from typing import Any

import pytest

from evergreen.aws.clients import client
from evergreen.aws.runs import job_names, recipe_of
from evergreen.errors import CloudError, NotFound, RunInProgress
from evergreen.project.schema import Project
from lambdas.start_run.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.pipeline.conftest import AS_OF, Cloud

pytestmark = pytest.mark.usefixtures("project")


def start(cloud: Cloud, name: str = "run-1", **payload: Any) -> dict[str, Any]:
    event = {
        "execution": name,
        "execution_arn": cloud.start_execution(name),
        "input": {"trigger": "data_drift", "as_of": AS_OF, "requested_by": "someone", "reasons": ["age moved"]}
        | payload,
    }
    return handler(event, CONTEXT)


def test_resolves_what_the_run_is_about(cloud: Cloud) -> None:
    manifest = cloud.commit()

    run = start(cloud)

    assert run["data"] == {
        "dataset": "customers",
        "version": "1.0.0",
        "manifest": manifest,
        "rows": 3,
        "uri": f"s3://data/datasets/customers/sagemaker/{manifest}.manifest",
    }
    assert run["image"].rpartition("@")[0] == cloud.image.rpartition(":")[0]
    assert re.search("@sha256:[0-9a-f]{64}$", run["image"])
    assert (run["as_of"], run["trigger"], run["reasons"]) == (AS_OF, "data_drift", ["age moved"])
    assert (run["answered"], run["champion"]) == (None, None)
    assert run["artifact_uri"] == "s3://artifacts/models/churn-local-run-1-train/output/model/"


def test_writes_the_runs_configuration_for_its_jobs(cloud: Cloud, project: Project) -> None:
    cloud.commit()

    run = start(cloud)

    assert json.loads(cloud.artifacts.get("runs/run-1/config/run.json")) == run
    stored = cloud.artifacts.get("runs/run-1/config/project.json")
    assert Project.model_validate_json(stored) == project


def test_locks_the_pipeline(cloud: Cloud) -> None:
    cloud.commit()

    start(cloud)

    lock = cloud.state.get("run_lock")
    assert lock is not None
    assert lock["run_id"] == "run-1"


def test_refuses_a_second_run_by_the_name_of_the_first(cloud: Cloud) -> None:
    cloud.commit()
    start(cloud)

    with pytest.raises(RunInProgress, match="the run run-1 is in progress since 2"):
        start(cloud, "run-2")


def test_takes_over_the_lock_of_a_run_that_has_ended(cloud: Cloud) -> None:
    cloud.commit()
    ended = cloud.start_execution("run-0", status="ABORTED")
    cloud.state.put_new("run_lock", "-", {"run_id": "run-0", "execution_arn": ended, "since": AS_OF})

    assert start(cloud)["run_id"] == "run-1"


def test_takes_over_the_lock_of_a_run_that_nobody_knows(cloud: Cloud) -> None:
    cloud.commit()
    unknown = cloud.machine.replace(":stateMachine:", ":execution:") + ":run-0"
    cloud.state.put_new("run_lock", "-", {"run_id": "run-0", "execution_arn": unknown, "since": AS_OF})

    assert start(cloud)["run_id"] == "run-1"


def test_a_retried_start_keeps_its_own_lock(cloud: Cloud) -> None:
    cloud.commit()
    first = start(cloud)

    again = handler({"execution": "run-1", "execution_arn": "arn", "input": {"as_of": AS_OF}}, CONTEXT)

    assert again["recipe"] == first["recipe"]


def test_says_how_to_commit_data_when_there_is_none_and_unlocks(cloud: Cloud) -> None:
    with pytest.raises(NotFound, match="evergreen data commit FILE --dataset customers"):
        start(cloud)

    assert cloud.state.get("run_lock") is None


def test_unlocks_when_the_image_is_not_there(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.commit()
    monkeypatch.setenv("IMAGE_URI", cloud.image + "d")

    with pytest.raises(NotFound, match="the image assets:abcd is not in its registry"):
        start(cloud)

    assert cloud.state.get("run_lock") is None


def test_unlocks_when_the_configuration_cannot_be_written(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.commit()
    monkeypatch.setenv("ARTIFACT_BUCKET", "absent")

    with pytest.raises(CloudError):
        start(cloud)

    assert cloud.state.get("run_lock") is None


def test_answers_a_recipe_that_made_a_registered_model(cloud: Cloud, project: Project) -> None:
    manifest = cloud.commit()
    digest = client("ecr").describe_images(repositoryName="assets")["imageDetails"][0]["imageDigest"]
    recipe = recipe_of(project, manifest_id=manifest, image=f"r@{digest}")
    cloud.state.put_new("recipe", recipe, {"run_id": "run-0", "model_version": "1.0.0"})

    assert start(cloud)["answered"] is None

    cloud.state.put_new("model", "1.0.0", {"model_version": "1.0.0"})
    cloud.state.delete_if("run_lock", "-", "run_id", "run-1")
    assert start(cloud, "run-2")["answered"] == {"model_version": "1.0.0", "run_id": "run-0"}


def test_names_the_champion_to_compare_with(cloud: Cloud) -> None:
    cloud.commit()
    champion = {"model_version": "1.0.0", "artifact_uri": "s3://artifacts/models/a/", "endpoint": "e"}
    cloud.state.put_new("traffic", "-", {"champion": champion})

    assert start(cloud)["champion"] == {"model_version": "1.0.0", "artifact_uri": "s3://artifacts/models/a/"}


def test_compares_with_no_champion_that_predicts_something_else(cloud: Cloud) -> None:
    cloud.commit()
    cloud.state.put_new("traffic", "-", {"champion": {"model_version": "1.0.0", "artifact_uri": "s3://a/b/"}})
    cloud.state.put_new("model", "1.0.0", {"model_version": "1.0.0", "target": "revenue", "problem": "regression"})

    assert start(cloud)["champion"] is None


def test_the_recipe_changes_with_data_image_and_project(project: Project) -> None:
    other = project.model_copy(update={"training": project.training.model_copy(update={"seed": 1})})
    drift = project.monitoring.drift.model_copy(update={"season": "year"})
    seasonal = project.model_copy(update={"monitoring": project.monitoring.model_copy(update={"drift": drift})})
    same = project.model_copy(update={"description": "other words"})

    recipes = [
        recipe_of(project, manifest_id="m", image="r@sha256:1"),
        recipe_of(project, manifest_id="n", image="r@sha256:1"),
        recipe_of(project, manifest_id="m", image="r@sha256:2"),
        recipe_of(other, manifest_id="m", image="r@sha256:1"),
        recipe_of(seasonal, manifest_id="m", image="r@sha256:1"),
    ]

    assert len(set(recipes)) == 5
    assert recipe_of(same, manifest_id="m", image="elsewhere@sha256:1") == recipes[0]


@pytest.mark.parametrize("run_id", ["run-1", "run_20130401T000000.0123-" + "x" * 55, "a" * 80])
def test_job_names_fit_into_sagemaker(run_id: str) -> None:
    names = list(job_names("a-project-of-24-letters0-staging", run_id).values())

    assert all(re.fullmatch("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name) for name in names)
    assert len(set(names)) == 3


def test_long_run_ids_keep_different_job_names() -> None:
    assert job_names("churn-local", "a" * 79 + "b") != job_names("churn-local", "a" * 79 + "c")
