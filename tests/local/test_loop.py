"""The loop, once around, in one embedded cloud: each fixture is a chapter of the story, each test a look at one."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from scipy.stats import binom

from evergreen.aws import machines
from evergreen.aws.clients import client
from evergreen.aws.ledger import KINDS
from evergreen.cli.api import Api
from evergreen.errors import NothingToRollBack, RunInProgress
from tests.local.parcels import ROW, ROWS_A_MONTH
from tests.local.processes import until
from tests.local.world import Answered, World, calling

pytestmark = [pytest.mark.loop, pytest.mark.usefixtures("in_world")]
MISROUTED_AT_MOST = timedelta(seconds=5)
GO_ON_SECONDS = 6


@dataclass(frozen=True)
class Retraining:
    """A run that the decision started, the two that were refused meanwhile, and what callers saw."""

    run: dict[str, Any]
    refused_command: BaseException | None
    refused_execution: machines.Ending
    requests: int
    failed: int


@dataclass(frozen=True)
class Broken:
    """The release of a broken model, and every request that reached a model since it began."""

    release: dict[str, Any]
    champion: dict[str, Any]
    audit: list[Answered]

    @property
    def given_back(self) -> datetime:
        """When it was judged: just before the conditional write, so what holds from here holds from there."""
        return datetime.fromisoformat(self.release["steps"][-1]["ended_at"])


@pytest.fixture(scope="module")
def april(world: World, first_run: dict[str, Any]) -> str:
    """April arrives, its outcomes follow, it is committed, the schedules fire; the run that this starts."""
    world.story.pass_month(4, world.story.month(4))
    _, run_id = world.story.monitor(4)
    assert run_id is not None
    return run_id


@pytest.fixture(scope="module")
def retraining(world: World, april: str) -> Retraining:
    """April's run goes through, under traffic, while others try to start one too."""
    machine, sent = world.session.deployment["TrainingMachineArn"], world.story.callers.sent
    until(lambda: world.session.state.get("run_lock"))
    refused_command = world.command("run").exception
    payload = {"trigger": "manual", "as_of": "2013-05-01T00:00:00Z", "requested_by": "test", "reasons": []}
    refused_execution = machines.wait(machines.start(machine, "run-too-many", payload), poll=0.1)
    before = sent.requests, sent.failed
    world.story.follow_run(april, world.story.month(5))
    run = next(run for run in world.entries("run") if run["run_id"] == april)
    return Retraining(run, refused_command, refused_execution, sent.requests - before[0], sent.failed - before[1])


@pytest.fixture(scope="module")
def broken(world: World, retraining: Retraining) -> Broken:
    """A broken model is released by hand; callers call until well after its end."""
    champion = world.traffic()["champion"]
    month = world.story.month(5)
    with calling(world, month):
        world.story.release_broken("2013-06-01T00:00:00Z", month)
        time.sleep(GO_ON_SECONDS)
    release = world.session.state.get("release", "release-broken") or {}
    return Broken(release, champion, world.audit(datetime.fromisoformat(release["started_at"])))


def test_the_first_run_releases_the_first_model(world: World, first_run: dict[str, Any]) -> None:
    assert (first_run["outcome"], first_run["model_version"]) == ("released", "1.0.0")
    assert first_run["champion_metrics"] is None
    assert world.entries("release")[0]["outcome"] == "promoted"


def test_the_api_answers(world: World, first_run: dict[str, Any]) -> None:
    api = Api(world.session.api_url, world.session.api_key)

    answer = api.expect("POST", "/predict", json.dumps({"rows": [ROW, ROW]}).encode())

    ids = [prediction["prediction_id"] for prediction in answer["predictions"]]
    assert ids == [f"{answer['request_id']}:0", f"{answer['request_id']}:1"]
    assert api.expect("GET", "/health")["status"] == "ok"


def test_a_changed_month_is_noticed_from_capture_and_feedback(world: World, april: str) -> None:
    drift, quality = world.entries("drift")[0], world.entries("quality")[0]
    drifted = {feature["name"] for feature in drift["features"] if feature["verdict"] == "breach"}

    assert (drift["rows"], quality["labels"]) == (ROWS_A_MONTH, ROWS_A_MONTH)
    assert (drift["verdict"], drifted) == ("breach", {"distance"})
    assert (quality["verdict"], quality["high"] < quality["threshold"]) == ("breach", True)


def test_the_decision_starts_a_run_and_says_why(world: World, retraining: Retraining) -> None:
    decision = world.session.ledger.query("decision")[0]

    assert decision.evidence["triggers"] == ["quality_falls", "data_drift"]
    assert retraining.run["run_id"].endswith(decision.id[:8])
    assert retraining.run["reasons"] == ["Quality breached once (1 needed).", "Drift breached once (1 needed)."]


def test_a_second_run_is_refused_by_the_name_of_the_first(april: str, retraining: Retraining) -> None:
    assert isinstance(retraining.refused_command, RunInProgress)
    assert april in str(retraining.refused_command)
    assert retraining.refused_execution.error == "RunInProgress"
    assert april in machines.sentence(retraining.refused_execution.cause)


def test_the_challenger_is_compared_with_the_champion_on_the_same_rows(world: World, retraining: Retraining) -> None:
    run = retraining.run
    evaluation = json.loads(world.session.artifacts.get(f"evaluations/{run['run_id']}/evaluation.json"))

    assert run["outcome"] == "released"
    assert run["comparison"]["rows"] == evaluation["rows"] > 0
    difference = run["metrics"]["roc_auc"] - run["champion_metrics"]["roc_auc"]
    assert run["comparison"]["difference"] == pytest.approx(difference)


def test_a_healthy_release_moves_traffic_step_by_step_and_fails_no_request(
    world: World, retraining: Retraining
) -> None:
    release = world.session.state.get("release", retraining.run["release_id"]) or {}

    assert [(step["share"], step["outcome"]) for step in release["steps"]] == [
        (0.05, "passed"), (0.25, "passed"), (1.0, "passed"),
    ]  # fmt: skip
    assert release["failed_requests"] == retraining.failed == 0
    assert min(release["requests"], retraining.requests) >= 200


def test_a_broken_model_rolls_back_by_itself(broken: Broken) -> None:
    release = broken.release

    assert (release["outcome"], release["reason"][:10]) == ("rolled_back", "error rate")
    assert [(step["share"], step["outcome"]) for step in release["steps"]] == [(0.05, "breached")]


def test_a_broken_model_is_seen_by_no_more_than_its_share(broken: Broken) -> None:
    start = datetime.fromisoformat(broken.release["steps"][0]["started_at"])
    last = max(request.at for request in broken.audit if request.endpoint == broken.release["endpoint"])
    during = [request for request in broken.audit if start <= request.at <= last]

    exposed = sum(request.endpoint == broken.release["endpoint"] for request in during)

    assert 0 < exposed <= binom.isf(1e-6, len(during), 0.05)
    assert all(request.endpoint == broken.release["endpoint"] for request in broken.audit if request.failed)


def test_after_a_rollback_the_champion_is_live_and_nothing_else(world: World, broken: Broken) -> None:
    body = json.dumps({"rows": [ROW]})
    live = world.traffic()["champion"]
    runtime, sagemaker = client("sagemaker-runtime"), client("sagemaker")

    answer = runtime.invoke_endpoint(EndpointName=live["endpoint"], ContentType="application/json", Body=body)

    assert json.loads(answer["Body"].read())["digest"] == live["digest"] == broken.champion["digest"]
    assert [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]] == [live["endpoint"]]


def test_soon_after_a_rollback_no_request_is_misrouted(broken: Broken) -> None:
    after = [request for request in broken.audit if request.at > broken.given_back]
    misrouted = [request for request in after if request.endpoint == broken.release["endpoint"]]

    assert max(request.at for request in after) > broken.given_back + MISROUTED_AT_MOST  # somebody still called
    assert max((request.at for request in misrouted), default=broken.given_back) <= (
        broken.given_back + MISROUTED_AT_MOST
    )


def test_the_same_data_again_is_answered_from_the_record(world: World, broken: Broken) -> None:
    before = client("sagemaker").list_training_jobs()["TrainingJobSummaries"]

    outcome = world.told("run", "--wait", "--as-of", "2013-06-01")

    assert (outcome["outcome"], outcome["model_version"]) == ("answered", "1.0.1")
    assert client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == before
    assert world.traffic()["champion"] == broken.champion


def test_rollback_goes_back_along_the_history_until_there_is_nothing_left(world: World, broken: Broken) -> None:
    sent, serving = world.story.callers.sent, []
    failed = sent.failed
    with calling(world, world.story.month(5)):
        again = world.told("release", "1.0.0", "--strategy", "all_at_once", "--wait")
        assert again["outcome"] == "promoted"

        for _ in range(2):
            done = world.told("rollback")
            machines.wait(done["execution"], poll=0.1).result()
            serving.append(world.traffic()["champion"]["model_version"])

    assert serving == ["1.0.1", "1.0.0"]
    assert sent.failed == failed
    with pytest.raises(NothingToRollBack, match=r"1\.0\.0 is the only model version"):
        world.told("rollback")


def test_every_decision_is_in_the_ledger(world: World, broken: Broken) -> None:
    kinds = {kind for kind in KINDS if world.entries(kind)}

    assert kinds == set(KINDS) - {"quarantine"}
    assert [entry["version"] for entry in world.entries("data_version")] == ["1.0.0", "1.0.1"]
    assert [entry["to"] for entry in world.entries("release")][:3] == ["1.0.0", "1.0.1", "1.0.2"]
