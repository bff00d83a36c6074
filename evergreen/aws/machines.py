"""State machine executions: start, follow, read the end."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from evergreen import errors
from evergreen.aws.clients import client, translated
from evergreen.errors import EvergreenError

_JOB_FAILURE = re.compile(r"^AlgorithmError: (?P<said>.+), exit code: \d+$", re.DOTALL)  # SageMaker's wording
_TASK_FAILED = "States.TaskFailed"  # says only that some service's task failed; the cause says what


@dataclass(frozen=True)
class Ending:
    """How an execution ended: its output, or its error and cause."""

    status: str
    output: Any
    error: str | None = None
    cause: str | None = None

    def result(self) -> Any:
        """The output of a success; a failure becomes a sentence."""
        if self.status == "SUCCEEDED":
            return self.output
        if self.error == _TASK_FAILED or self.error in vars(errors):
            raise EvergreenError(sentence(self.cause))
        raise EvergreenError(f"{self.error or self.status}: {sentence(self.cause)}")


@dataclass(frozen=True)
class Visit:
    """One state that an execution went through, or is in."""

    name: str
    entered: datetime
    exited: datetime | None = None
    failed: bool = False


def start(machine: str, name: str, payload: dict[str, Any]) -> str:
    """Start an execution and return its ARN; the same name and payload is the same execution."""
    try:
        answer = client("stepfunctions").start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(payload, sort_keys=True)
        )
    except ClientError as error:
        raise translated(error, f"starting {name}") from error
    return str(answer["executionArn"])


def execution_arn(machine: str, name: str) -> str:
    """The ARN of a machine's execution by name."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def ending(execution: str) -> Ending | None:
    """How the execution ended, or None while it runs."""
    found = client("stepfunctions").describe_execution(executionArn=execution)
    if found["status"] == "RUNNING":
        return None
    output = json.loads(found["output"]) if found.get("output") else None
    return Ending(status=found["status"], output=output, error=found.get("error"), cause=found.get("cause"))


def wait(execution: str, *, on_state: Callable[[str], None] | None = None, poll: float = 0.5) -> Ending:
    """Follow until the end; `on_state` hears each state once, when it is entered."""
    heard = 0
    while True:
        end = ending(execution)
        if on_state is not None:
            entered = states_entered(execution)
            for name in entered[heard:]:
                on_state(name)
            heard = len(entered)
        if end is not None:
            return end
        time.sleep(poll)


def states_entered(execution: str) -> list[str]:
    """The names of the states entered so far, oldest first."""
    return [visit.name for visit in visits(execution)]


def visits(execution: str) -> list[Visit]:
    """The states entered so far, oldest first; one whose last attempt failed says so."""
    pages = client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
    found: list[Visit] = []
    for event in (event for page in pages for event in page["events"]):
        kind = str(event["type"])
        if "stateEnteredEventDetails" in event:
            found.append(Visit(event["stateEnteredEventDetails"]["name"], event["timestamp"]))
        elif found and "stateExitedEventDetails" in event:
            found[-1] = replace(found[-1], exited=event["timestamp"])
        elif found and found[-1].exited is None and not kind.startswith("Execution"):
            found[-1] = replace(found[-1], failed=kind.endswith(("Failed", "TimedOut")))
    return found


def map_share(execution: str) -> float | None:
    """How much of its distributed map an execution has done; None before the map begins."""
    try:
        runs = client("stepfunctions").list_map_runs(executionArn=execution, maxResults=1)["mapRuns"]
        if not runs:
            return None
        counts = client("stepfunctions").describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]
    except ClientError as error:
        raise translated(error, "looking at the map") from error
    return counts["succeeded"] / counts["total"] if counts["total"] else None


def running(machine: str) -> str | None:
    """The name of an execution of this machine that is going on, or None."""
    try:
        found = client("stepfunctions").list_executions(stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)
    except ClientError as error:
        raise translated(error, "looking for executions in progress") from error
    return next((str(each["name"]) for each in found["executions"]), None)


def sentence(cause: str | None) -> str:
    """The human part of a cause: a function's errorMessage, a job's FailureReason, or the text itself."""
    try:
        decoded = json.loads(cause or "")
    except ValueError:
        failure = _JOB_FAILURE.match(cause or "")
        return failure["said"] if failure else cause or "no cause was given"
    if isinstance(decoded, dict):
        for key in ("errorMessage", "FailureReason", "Cause", "cause"):
            if decoded.get(key):
                return sentence(str(decoded[key]))
    return cause or "no cause was given"
