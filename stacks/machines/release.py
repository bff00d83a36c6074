"""A release: start → wait for the endpoint → smoke test → advance, again and again → finish."""

from __future__ import annotations

from typing import Any

from evergreen.project import Project
from stacks.constructs.states import State, catch, choose, expression, fail, invoke, retry, wait

# A history ends at 25,000 events and a judgement writes nine: after so many, they spread out over what is left.
PROMPT_JUDGEMENTS = 1000
# SageMaker gives up on an endpoint by itself well before this.
ENDPOINT_WAIT_SECONDS = 3600
ID = {"release_id": expression("$release_id")}


def release_machine(project: Project) -> dict[str, Any]:
    """Amazon States Language. Whatever goes wrong after the start ends in FinishRelease, which restores the traffic."""
    poll = 1 if project.stage == "local" else 15
    return {
        "Comment": "Evergreen: one release",
        "QueryLanguage": "JSONata",
        "StartAt": "StartRelease",
        "States": {**_start(), **_endpoint(poll), **_advance(longest_release(project)), **_finish()},
    }


def longest_release(project: Project) -> int:
    """Seconds until the last step must have ended."""
    steps = sum(step.at_most.total_seconds() for step in project.release.steps)
    return int(steps + project.release.bake.total_seconds())


def _finishing() -> State:
    return catch("States.ALL", go_to="FinishRelease")


def _start() -> dict[str, State]:
    payload = {
        "execution": expression("$states.context.Execution.Name"),
        "execution_arn": expression("$states.context.Execution.Id"),
        "input": expression("$states.context.Execution.Input"),
    }
    started = {
        "endpoint": expression("$states.result.Payload.endpoint"),
        "release_id": expression("$states.result.Payload.release_id"),
        "error": None,
        "polls": 0,
    }
    unstarted = {"release_id": expression("$states.context.Execution.Name")}
    return {
        "StartRelease": invoke(
            "start_release",
            payload,
            assign=started,
            catches=[
                catch("ReleaseInProgress", "NotFound", go_to="Refused"),
                catch("States.ALL", go_to="FinishRelease", assign=unstarted),
            ],
            go_to="DescribeEndpoint",
        ),
        "Refused": fail(),
    }


def _endpoint(poll: int) -> dict[str, State]:
    cause = "'The endpoint ' & $endpoint & ' is ' & $endpoint_status & ' and not InService.'"
    return {
        "DescribeEndpoint": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
            "Arguments": {"EndpointName": expression("$endpoint")},
            "Assign": {
                "endpoint_status": expression("$states.result.EndpointStatus"),
                "polls": expression("$polls + 1"),
            },
            "Retry": [retry("SageMaker.SageMakerException", "SageMaker.SdkClientException")],
            "Catch": [_finishing()],
            "Next": "EndpointReady",
        },
        "EndpointReady": choose(
            ("$endpoint_status = 'InService'", "SmokeTest"),
            (f"$endpoint_status = 'Failed' or $polls > {ENDPOINT_WAIT_SECONDS // poll}", "EndpointFailed"),
            otherwise="WaitForEndpoint",
        ),
        "WaitForEndpoint": wait(poll, go_to="DescribeEndpoint"),
        "EndpointFailed": {
            "Type": "Pass",
            "Assign": {"error": {"Error": "ModelUnavailable", "Cause": expression(cause)}},
            "Next": "FinishRelease",
        },
        "SmokeTest": invoke(
            "smoke_test",
            ID,
            assign={"polls": 0},
            retries=[retry("ModelUnavailable", attempts=3)],
            catches=[catch("ArtifactRefused", "ModelUnavailable", go_to="FinishRelease"), _finishing()],
            go_to="AdvanceRelease",
        ),
    }


def _advance(longest: int) -> dict[str, State]:
    answer = {
        "status": expression("$states.result.Payload.status"),
        "wait_seconds": expression("$states.result.Payload.wait_seconds"),
        "polls": expression("$polls + 1"),
    }
    spread = -(-longest // PROMPT_JUDGEMENTS)
    seconds = f"$polls < {PROMPT_JUDGEMENTS} ? $wait_seconds : $max([$wait_seconds, {spread}])"
    return {
        "AdvanceRelease": invoke("advance_release", ID, assign=answer, catches=[_finishing()], go_to="Judged"),
        "Judged": choose(("$status = 'in_progress'", "WaitToAdvance"), otherwise="FinishRelease"),
        "WaitToAdvance": wait(seconds, go_to="AdvanceRelease"),
    }


def _finish() -> dict[str, State]:
    return {
        "FinishRelease": invoke(
            "finish_release",
            {**ID, "error": expression("$error")},
            assign={},
            catches=[catch("States.ALL", go_to="NotFinished")],
            go_to="Finished",
        ),
        "Finished": {"Type": "Succeed"},
        "NotFinished": fail(),
    }
