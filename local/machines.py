"""SageMaker in state machines: `sagemaker:create…Job[.sync]` and `aws-sdk:sagemaker:*`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import stepfunctions

from local import maps
from local.sagemaker.errors import SageMakerError
from local.sagemaker.jobs import FINAL
from local.sagemaker.service import SageMaker

OPTIMIZED = "arn:aws:states:::sagemaker:"
SDK = "arn:aws:states:::aws-sdk:sagemaker:"
POLL_SECONDS = 0.05
JOBS = {"createTrainingJob": "TrainingJob", "createProcessingJob": "ProcessingJob"}


def install(service: SageMaker) -> None:
    """Register both integrations, and report failed children as AWS does."""
    stepfunctions._SERVICE_DISPATCH[OPTIMIZED] = _optimized(service)
    stepfunctions._SERVICE_DISPATCH[SDK] = _sdk(service)
    stepfunctions._nested_execution_failure = nested_failure
    maps.install()


def nested_failure(payload: dict[str, Any]) -> tuple[str, str]:
    """A failed child is States.TaskFailed with the child's description as its cause, not the child's own error."""
    names = {
        "executionArn": "ExecutionArn",
        "name": "Name",
        "status": "Status",
        "error": "Error",
        "cause": "Cause",
        "input": "Input",
        "startDate": "StartDate",
        "stopDate": "StopDate",
        "stateMachineArn": "StateMachineArn",
    }
    described = {names[key]: value for key, value in payload.items() if key in names}
    return "States.TaskFailed", json.dumps(described)


def _failed(error: str, cause: str) -> Exception:
    failed: Exception = stepfunctions._ExecutionError(error, cause)
    return failed


def _sdk(service: SageMaker) -> Callable[[str, Any], Any]:
    def run(resource: str, arguments: dict[str, Any]) -> Any:
        action = resource.removeprefix(SDK)
        try:
            return _timed(service.call(action[0].upper() + action[1:], arguments), _iso)
        except SageMakerError as error:
            raise _failed(error.state_name(sdk=True), error.message) from error

    return run


def _optimized(service: SageMaker) -> Callable[[str, Any], Any]:
    def run(resource: str, arguments: dict[str, Any]) -> Any:
        action, _, mode = resource.removeprefix(OPTIMIZED).partition(".")
        if action not in JOBS or mode not in {"", "sync"}:
            raise _failed("States.Runtime", f"{resource} is not available in the embedded cloud")
        try:
            answer = service.call(action[0].upper() + action[1:], arguments)
        except SageMakerError as error:
            raise _failed(error.state_name(sdk=False), error.message) from error
        return _finish(service, JOBS[action], arguments) if mode else answer

    return run


def _finish(service: SageMaker, noun: str, arguments: dict[str, Any]) -> Any:
    name = arguments[f"{noun}Name"]
    while (job := service.call(f"Describe{noun}", {f"{noun}Name": name}))[f"{noun}Status"] not in FINAL:
        time.sleep(POLL_SECONDS)
    described = _timed(job, lambda seconds: int(seconds * 1000))
    if job[f"{noun}Status"] != "Completed":
        raise _failed("States.TaskFailed", json.dumps(described))
    return described


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _timed(value: Any, form: Callable[[float], Any]) -> Any:
    """The same value with each timestamp in the integration's own form."""
    if isinstance(value, dict):
        return {
            key: form(item) if key.endswith("Time") and isinstance(item, float) else _timed(item, form)
            for key, item in value.items()
        }
    return [_timed(item, form) for item in value] if isinstance(value, list) else value
