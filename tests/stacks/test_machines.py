from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from evergreen import errors
from evergreen.project import Project
from stacks.constructs.jobs import QUEUE_SECONDS
from stacks.machines.release import PROMPT_JUDGEMENTS, longest_release
from stacks.machines.training import training_machine
from tests.stacks.synthesis import Synthesis

MACHINES = ("training", "release", "profile")
EVENTS_PER_JUDGEMENT = 9
LONGEST_HISTORY = 25_000


def next_states(state: dict[str, Any]) -> Iterator[str]:
    for branch in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in branch:
            yield branch["Next"]
    if "Default" in state:
        yield state["Default"]


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_leads_somewhere(local: Synthesis, name: str) -> None:
    machine = local.machine(name)
    reached, waiting = set(), [machine["StartAt"]]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += next_states(machine["States"][state])

    assert reached == set(machine["States"])


def with_batches(states: dict[str, Any]) -> dict[str, Any]:
    """The states of a machine and of its maps."""
    inner = [state["ItemProcessor"]["States"] for state in states.values() if state["Type"] == "Map"]
    return states | {name: state for found in inner for name, state in found.items()}


@pytest.mark.parametrize("name", MACHINES)
def test_no_error_ends_a_machine_unseen(local: Synthesis, name: str) -> None:
    states = with_batches(local.machine(name)["States"])
    tasks = {key: state for key, state in states.items() if state["Type"] in ("Task", "Map")}

    for key, task in tasks.items():
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], key
        assert task["Retry"], key


@pytest.mark.parametrize("name", MACHINES)
def test_only_named_errors_are_tried_again(local: Synthesis, name: str) -> None:
    retried = {
        error
        for state in with_batches(local.machine(name)["States"]).values()
        for retry in state.get("Retry", [])
        for error in retry["ErrorEquals"]
    }
    ours = {error for error in retried if "." not in error and error != "ThrottlingException"}

    assert "States.ALL" not in retried
    assert all(issubclass(getattr(errors, error), errors.EvergreenError) for error in ours)


def test_jobs_have_no_network_and_encrypted_volumes_and_their_own_roles(local: Synthesis) -> None:
    states = local.machine("training")["States"]
    prepare, train, evaluate = (states[name]["Arguments"] for name in ("Prepare", "Train", "Evaluate"))

    assert train["EnableNetworkIsolation"]
    assert prepare["NetworkConfig"] == evaluate["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert len({prepare["RoleArn"], train["RoleArn"], evaluate["RoleArn"]}) == 3
    assert train["ResourceConfig"]["VolumeKmsKeyId"] == "${data_key}"


def test_disks_that_belong_to_the_instance_get_no_key(local: Synthesis) -> None:
    document = local.project.model_dump(mode="json", by_alias=True)
    document["training"]["instance"] = "ml.g5.xlarge"

    states = training_machine(Project.model_validate(document))["States"]

    assert "VolumeKmsKeyId" not in states["Train"]["Arguments"]["ResourceConfig"]
    assert "VolumeKmsKeyId" not in states["Prepare"]["Arguments"]["ProcessingResources"]["ClusterConfig"]


def test_a_state_outlives_its_job_and_the_wait_for_an_instance(local: Synthesis) -> None:
    states = local.machine("training")["States"]
    jobs = [state for state in states.values() if state.get("Resource", "").endswith("Job.sync")]

    assert len(jobs) == 3
    for state in jobs:
        limit = state["Arguments"]["StoppingCondition"]["MaxRuntimeInSeconds"]
        assert state["TimeoutSeconds"] == limit + QUEUE_SECONDS


def test_every_failure_after_the_start_is_recorded_as_one(local: Synthesis) -> None:
    states = local.machine("training")["States"]
    after = [s for name, s in states.items() if s["Type"] == "Task" and name not in ("StartRun", "RecordRun")]

    for state in after:
        assert state["Catch"][-1]["Next"] == "RecordRun"
        assert state["Catch"][-1]["Assign"]["outcome"] == "failed"


def test_every_failure_of_a_release_after_its_start_restores_the_traffic(local: Synthesis) -> None:
    states = local.machine("release")["States"]
    after = [s for name, s in states.items() if s["Type"] == "Task" and name != "FinishRelease"]

    assert all(state["Catch"][-1]["Next"] == "FinishRelease" for state in after)


def test_a_release_that_another_one_keeps_out_does_not_touch_it(local: Synthesis) -> None:
    start = local.machine("release")["States"]["StartRelease"]

    assert start["Catch"][0] | {"Assign": None} == {
        "ErrorEquals": ["ReleaseInProgress", "NotFound"],
        "Assign": None,
        "Next": "Refused",
    }


def test_a_long_release_does_not_fill_its_history(prod: Synthesis) -> None:
    longest = longest_release(prod.project)
    spread = -(-longest // PROMPT_JUDGEMENTS)

    judgements = PROMPT_JUDGEMENTS + longest / spread

    assert judgements * EVENTS_PER_JUDGEMENT < LONGEST_HISTORY


def test_polls_are_slow_only_where_they_cost_something(local: Synthesis, prod: Synthesis) -> None:
    waits = [s.machine("release")["States"]["WaitForEndpoint"]["Seconds"] for s in (local, prod)]

    assert waits == [1, 15]


def test_a_map_fails_with_its_first_failed_batch_and_leaves_room_for_predictions(
    local: Synthesis, prod: Synthesis
) -> None:
    here, there = (stage.machine("profile")["States"]["ProfileObjects"] for stage in (local, prod))

    assert here["ToleratedFailurePercentage"] == there["ToleratedFailurePercentage"] == 0
    assert (here["MaxConcurrency"], there["MaxConcurrency"]) == (2, 8)  # a new account runs ten functions at once


def test_every_placeholder_of_a_definition_is_filled(local: Synthesis) -> None:
    for machine in local.properties("StepFunctions::StateMachine"):
        placeholders = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))

        assert placeholders == set(machine["DefinitionSubstitutions"])
