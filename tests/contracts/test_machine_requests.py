"""What the state machines ask of AWS, for the longest names that can occur, against botocore's models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonata import Jsonata

from evergreen.aws.runs import job_names
from evergreen.project import Project
from stacks.constructs.states import fail
from stacks.machines.profiling import profiling_machine
from stacks.machines.release import release_machine
from stacks.machines.training import training_machine
from tests.contracts.expressions import evaluated, expressions
from tests.contracts.shapes import violations

ROOT = Path(__file__).resolve().parents[2]
MACHINES = {"training": training_machine, "release": release_machine, "profile": profiling_machine}
DEPLOYMENT = "a-project-of-24-letters-x-staging"
RUN_ID = "run-20130401T000000-" + "f" * 60
ARTIFACTS = "s3://a-project-artifacts-bucket"
ACCOUNT = "us-east-1:123456789012"
PLACEHOLDERS = {
    "data_key": f"arn:aws:kms:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "prepare_role": "arn:aws:iam::123456789012:role/Prepare",
    "train_role": "arn:aws:iam::123456789012:role/Train",
    "evaluate_role": "arn:aws:iam::123456789012:role/Evaluate",
    "profile_machine": f"arn:aws:states:{ACCOUNT}:stateMachine:churn-prod-profile",
    "data_bucket": "churn-prod-data",
    "release_machine": f"arn:aws:states:{ACCOUNT}:stateMachine:churn-prod-release",
}


def project() -> Project:
    return Project.model_validate(
        {"project": "churn", "target": "late", "data": {"dataset": "flights"}, "stage": "prod"}
    )


def run(*, champion: dict[str, str] | None) -> dict[str, Any]:
    jobs = job_names(DEPLOYMENT, RUN_ID)
    return {
        "run_id": RUN_ID,
        "as_of": "2013-04-01T00:00:00Z",
        "trigger": "manual",
        "requested_by": "somebody",
        "reasons": [],
        "answered": None,
        "data": {
            "dataset": "flights",
            "manifest": "0" * 64,
            "uri": f"s3://data/datasets/flights/sagemaker/{'0' * 64}.manifest",
        },
        "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/assets@sha256:{'0' * 64}",
        "config_uri": f"{ARTIFACTS}/runs/{RUN_ID}/config/",
        "prepared_uri": f"{ARTIFACTS}/prepared/{RUN_ID}/",
        "heldout_uri": f"{ARTIFACTS}/heldout/{RUN_ID}/test/",
        "models_uri": f"{ARTIFACTS}/models",
        "artifact_uri": f"{ARTIFACTS}/models/{jobs['train']}/output/model/",
        "evaluation_uri": f"{ARTIFACTS}/evaluations/{RUN_ID}/",
        "champion": champion,
        "jobs": jobs,
    }


def variables(*, champion: dict[str, str] | None = None) -> dict[str, Any]:
    context = {
        "Execution": {
            "Name": RUN_ID,
            "Id": f"arn:aws:states:{ACCOUNT}:execution:x:{RUN_ID}",
            "Input": {"trigger": "manual", "dataset": "flights", "manifest": "0" * 64},
        }
    }
    return {
        "run": run(champion=champion),
        "model": {"model_version": "1.0.0"},
        "judgement": {"accepted": True},
        "release": None,
        "error": None,
        "outcome": "released",
        "release_id": RUN_ID,
        "endpoint": "churn-prod-1-0-0-0a1b2c3d",
        "endpoint_status": "Creating",
        "polls": 3,
        "status": "in_progress",
        "wait_seconds": 30,
        "found": {"objects": 200, "missing": 200, "listed": f"profiles/missing/00/{'0' * 64}.json"},
        "states": {"context": context},
    }


def arguments(machine: str, state: str, values: dict[str, Any]) -> dict[str, Any]:
    asked = json.dumps(MACHINES[machine](project())["States"][state]["Arguments"])
    for name, value in PLACEHOLDERS.items():
        asked = asked.replace(f"${{{name}}}", value)
    found: dict[str, Any] = evaluated(json.loads(asked), values)
    return found


def every_expression() -> Iterator[str]:
    for machine in MACHINES.values():
        yield from expressions(machine(project()))


@pytest.mark.parametrize("text", sorted(set(every_expression())))
def test_every_expression_parses(text: str) -> None:
    assert Jsonata(text)


@pytest.mark.parametrize(
    ("state", "operation"),
    [("Prepare", "CreateProcessingJob"), ("Train", "CreateTrainingJob"), ("Evaluate", "CreateProcessingJob")],
)
@pytest.mark.parametrize("champion", [None, {"model_version": "1.0.0", "artifact_uri": f"{ARTIFACTS}/models/x/"}])
def test_every_job_is_one_that_sagemaker_accepts(state: str, operation: str, champion: dict[str, str] | None) -> None:
    asked = arguments("training", state, variables(champion=champion))

    assert violations("sagemaker", operation, asked) == []


def test_the_evaluation_gets_the_champion_only_where_there_is_one() -> None:
    champion = {"model_version": "1.0.0", "artifact_uri": f"{ARTIFACTS}/models/old/output/model/"}

    alone = arguments("training", "Evaluate", variables())["ProcessingInputs"]
    compared = arguments("training", "Evaluate", variables(champion=champion))["ProcessingInputs"]

    assert [given["InputName"] for given in alone] == ["heldout", "model", "config"]
    assert compared[:3] == alone
    assert compared[3]["S3Input"]["S3Uri"] == champion["artifact_uri"]


def test_the_jobs_find_their_inputs_where_the_image_looks() -> None:
    inputs = arguments("training", "Evaluate", variables(champion={"model_version": "1", "artifact_uri": "s3://b/m/"}))
    channels = arguments("training", "Train", variables())["InputDataConfig"]

    places = {i["InputName"]: i["S3Input"]["LocalPath"] for i in inputs["ProcessingInputs"]}

    assert places == {
        "heldout": "/opt/ml/processing/input/test",
        "model": "/opt/ml/processing/input/model",
        "config": "/opt/ml/processing/input/config",
        "champion": "/opt/ml/processing/input/champion",
    }
    assert [channel["ChannelName"] for channel in channels] == ["train", "validation", "spec", "config"]


def test_the_release_is_started_as_step_functions_accepts_it() -> None:
    asked = arguments("training", "Release", variables())

    request = {
        "stateMachineArn": asked["StateMachineArn"],
        "name": asked["Name"],
        "input": json.dumps(asked["Input"]),
    }

    assert violations("stepfunctions", "StartExecution", request) == []
    assert asked["Input"]["model_version"] == "1.0.0"


def test_the_profile_machine_is_started_as_step_functions_accepts_it() -> None:
    asked = arguments("training", "ProfileVersion", variables())

    request = {"stateMachineArn": asked["StateMachineArn"], "name": asked["Name"], "input": json.dumps(asked["Input"])}

    assert violations("stepfunctions", "StartExecution", request) == []
    assert asked["Input"] == {"dataset": "flights", "manifest": "0" * 64}


def test_the_map_reads_its_items_as_s3_accepts_it() -> None:
    reader = json.dumps(profiling_machine(project())["States"]["ProfileObjects"]["ItemReader"]["Arguments"])
    asked = evaluated(json.loads(reader.replace("${data_bucket}", PLACEHOLDERS["data_bucket"])), variables())

    assert violations("s3", "GetObject", asked) == []
    assert asked["Key"].startswith("profiles/missing/")


def test_a_batch_knows_its_own_items_and_no_variable_of_the_machine_around_it() -> None:
    batch = profiling_machine(project())["States"]["ProfileObjects"]["ItemProcessor"]["States"]["ProfileBatch"]
    items = [{"sha256": "0" * 64}]

    assert evaluated(batch["Arguments"]["Payload"], {"states": {"input": {"Items": items}}}) == {"objects": items}


@pytest.mark.parametrize(("refused", "first"), [([0, 0], [None, None]), ([0, 2], [None, "a"]), ([1], ["a"])])
def test_what_a_map_refused_is_counted_and_its_first_sentence_kept(refused: list[int], first: list[str | None]) -> None:
    state = profiling_machine(project())["States"]["ProfileObjects"]
    result = [{"made": 0, "refused": r, "first": f} for r, f in zip(refused, first, strict=True)]

    kept = evaluated(state["Assign"], {"states": {"result": result}})

    cause = f"{sum(refused)} of its objects cannot be profiled, such as this: a" if sum(refused) else ""
    assert kept == {"refused": sum(refused), "cause": cause}


EXCEPTION = json.dumps({"errorMessage": "s3://d/m.json does not exist", "errorType": "NotFound", "stackTrace": ["f"]})


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (EXCEPTION, "s3://d/m.json does not exist"),
        (EXCEPTION[:-9], EXCEPTION[:-9]),
        ('{"FailureReason":"no room"}', '{"FailureReason":"no room"}'),
        ("the function timed out", "the function timed out"),
    ],
)
def test_a_machine_ends_with_the_sentence_of_an_exception_and_without_its_stack_trace(cause: str, told: str) -> None:
    assert evaluated(fail()["Cause"], {"error": {"Error": "NotFound", "Cause": cause}}) == told


def test_an_endpoint_is_described_as_sagemaker_accepts_it() -> None:
    asked = arguments("release", "DescribeEndpoint", variables())

    assert violations("sagemaker", "DescribeEndpoint", asked) == []


@pytest.mark.parametrize(("polls", "seconds"), [(3, 30), (1000, 263)])
def test_judgements_come_when_asked_for_and_spread_out_in_a_long_release(polls: int, seconds: int) -> None:
    wait = release_machine(project())["States"]["WaitToAdvance"]["Seconds"]

    assert evaluated(wait, variables() | {"polls": polls}) == seconds


@pytest.mark.parametrize("machine", MACHINES)
def test_every_function_is_called_with_what_its_state_knows(machine: str) -> None:
    states = MACHINES[machine](project())["States"]

    for state in states.values():
        if state.get("Resource", "").endswith("lambda:invoke"):
            evaluated(state["Arguments"]["Payload"], variables())
