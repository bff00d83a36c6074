"""The training pipeline: start → profile → validate → prepare → train → evaluate → judge → register → … → record."""

from __future__ import annotations

from typing import Any

from evergreen.project import Project
from stacks.constructs.jobs import processing_input, processing_job, processing_output, training_job
from stacks.constructs.states import State, catch, choose, expression, fail, invoke, retry

RUN = {"run": expression("$run")}
FAILED = {"outcome": "failed"}


def training_machine(project: Project) -> dict[str, Any]:
    """Amazon States Language. `$run` is what start_run resolved; every error after it ends in RecordRun."""
    return {
        "Comment": "Evergreen: the training pipeline",
        "QueryLanguage": "JSONata",
        "StartAt": "StartRun",
        "States": {**_start(), **_jobs(project), **_judgement(), **_release(), **_record()},
    }


def _failed() -> State:
    return catch("States.ALL", go_to="RecordRun", assign=FAILED)


def _start() -> dict[str, State]:
    payload = {
        "execution": expression("$states.context.Execution.Name"),
        "execution_arn": expression("$states.context.Execution.Id"),
        "input": expression("$states.context.Execution.Input"),
    }
    nothing = {"judgement": None, "model": None, "release": None, "error": None, "outcome": "answered"}
    return {
        "StartRun": invoke(
            "start_run",
            payload,
            assign={"run": expression("$states.result.Payload"), **nothing},
            catches=[catch("RunInProgress", "NotFound", go_to="Failed"), catch("States.ALL", go_to="Failed")],
            go_to="AnsweredBefore",
        ),
        "AnsweredBefore": choose(("$run.answered != null", "RecordRun"), otherwise="ProfileVersion"),
        "ProfileVersion": _profile_version(),
        "ValidateData": invoke("validate_data", RUN, assign={}, catches=[_failed()], go_to="Prepare"),
    }


def _profile_version() -> State:
    """The profile machine as a child; it ends after one call where the version's profile is there."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {
            "StateMachineArn": "${profile_machine}",
            "Name": expression("$states.context.Execution.Name"),
            "Input": {name: expression(f"$run.data.{name}") for name in ("dataset", "manifest")},
        },
        "Retry": [retry("StepFunctions.AWSStepFunctionsException", "StepFunctions.SdkClientException")],
        "Catch": [_failed()],
        "Next": "ValidateData",
    }


def _jobs(project: Project) -> dict[str, State]:
    instance, seconds = project.training.instance, int(project.training.time_limit.total_seconds())
    config = processing_input("config", "$run.config_uri")
    return {
        "Prepare": processing_job(
            "prepare",
            inputs=[processing_input("data", "$run.data.uri", manifest=True), config],
            outputs=[
                processing_output("prepared", "$run.prepared_uri"),
                processing_output("heldout", "$run.heldout_uri"),
            ],
            go_to="Train",
            catches=[_failed()],
            instance=instance,
            seconds=seconds,
        ),
        "Train": training_job(
            channels={
                "train": "$run.prepared_uri & 'train/'",
                "validation": "$run.prepared_uri & 'validation/'",
                "spec": "$run.prepared_uri & 'spec/'",
                "config": "$run.config_uri",
            },
            models="$run.models_uri",
            go_to="Evaluate",
            catches=[_failed()],
            instance=instance,
            seconds=seconds,
        ),
        "Evaluate": processing_job(
            "evaluate",
            inputs=[
                processing_input("heldout", "$run.heldout_uri", folder="test"),
                processing_input("model", "$run.artifact_uri"),
                config,
            ],
            optional=("$run.champion", processing_input("champion", "$run.champion.artifact_uri")),
            outputs=[processing_output("evaluation", "$run.evaluation_uri")],
            go_to="JudgeModel",
            catches=[_failed()],
            instance=instance,
            seconds=seconds,
        ),
    }


def _judgement() -> dict[str, State]:
    keep = {"judgement": expression("$states.result.Payload"), "outcome": "refused"}
    return {
        "JudgeModel": invoke("judge_model", RUN, assign=keep, catches=[_failed()], go_to="Accepted"),
        "Accepted": choose(("$judgement.accepted", "RegisterModel"), otherwise="RecordRun"),
        "RegisterModel": invoke(
            "register_model",
            {**RUN, "judgement": expression("$judgement")},
            assign={"model": expression("$states.result.Payload")},
            catches=[_failed()],
            go_to="Release",
        ),
    }


def _release() -> dict[str, State]:
    """The release machine as a child execution of the same name: a second start would be the same release."""
    request = {
        "model_version": expression("$model.model_version"),
        "strategy": None,
        "as_of": expression("$run.as_of"),
        "requested_by": expression("$run.requested_by"),
        "trigger": expression("$run.trigger"),
    }
    outcome = expression("$states.result.Output.outcome = 'promoted' ? 'released' : 'rolled_back'")
    return {
        "Release": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": {
                "StateMachineArn": "${release_machine}",
                "Name": expression("$states.context.Execution.Name"),
                "Input": request,
            },
            "Assign": {"release": expression("$states.result.Output"), "outcome": outcome},
            "Retry": [retry("StepFunctions.AWSStepFunctionsException", "StepFunctions.SdkClientException")],
            "Catch": [_failed()],
            "Next": "RecordRun",
        }
    }


def _record() -> dict[str, State]:
    record = {name: expression(f"${name}") for name in ("run", "outcome", "judgement", "model", "release", "error")}
    return {
        "RecordRun": invoke(
            "record_run", record, assign={}, catches=[catch("States.ALL", go_to="Failed")], go_to="Outcome"
        ),
        "Outcome": choose(("$outcome = 'failed'", "Failed"), otherwise="Recorded"),
        "Recorded": {"Type": "Succeed"},
        "Failed": fail(),
    }
