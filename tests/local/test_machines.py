"""State machines in JSONata run SageMaker's jobs, and catch errors by their names on AWS."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.deploy import Outputs
from tests.local.test_jobs import training

ROLE = "arn:aws:iam::000000000000:role/machine"
LAMBDA = "arn:aws:states:::lambda:invoke"
TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"
ERROR = "{% $states.errorOutput %}"
END = {"Type": "Pass", "End": True}


def create(cloud: LocalCloud, states: dict[str, Any]) -> str:
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    made = cloud.client("stepfunctions").create_state_machine(
        name=f"m-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=ROLE
    )
    return str(made["stateMachineArn"])


def run(cloud: LocalCloud, states: dict[str, Any], given: object = None) -> dict[str, Any]:
    machines, end = cloud.client("stepfunctions"), time.monotonic() + 20
    execution = machines.start_execution(stateMachineArn=create(cloud, states), input=json.dumps(given or {}))
    while (found := machines.describe_execution(executionArn=execution["executionArn"]))["status"] == "RUNNING":
        assert time.monotonic() < end
        time.sleep(0.02)
    return {**found, "output": json.loads(found.get("output", "null"))}


def caught(*names: str) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(names), "Next": "End", "Output": ERROR}]


def train(cloud: LocalCloud, name: str, errors: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    cloud.client("s3").put_object(Bucket="data", Key=f"{name}/in/a.csv", Body=b"1")
    task = {"Type": "Task", "Resource": TRAIN, "Arguments": training(name, **changes), "Catch": errors, "End": True}
    return run(cloud, {"Train": task, "End": END})


def test_a_training_job_is_waited_for_and_described(cloud: LocalCloud) -> None:
    output = train(cloud, "synced", caught("States.ALL"))["output"]

    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"] == {"S3ModelArtifacts": "s3://data/models/synced/output/model/"}
    assert isinstance(output["TrainingEndTime"], int)


def test_a_failed_job_is_a_failed_task_whose_cause_describes_it(cloud: LocalCloud) -> None:
    output = train(cloud, "synced-badly", caught("States.TaskFailed"), HyperParameters={"fail": "note"})["output"]

    assert output["Error"] == "States.TaskFailed"
    assert json.loads(output["Cause"])["FailureReason"] == "AlgorithmError: the target has one class only, exit code: 1"


def test_a_request_that_sagemaker_refuses_has_the_error_name_of_aws(cloud: LocalCloud) -> None:
    output = train(cloud, "not_a_name", caught("SageMaker.AmazonSageMakerException"))["output"]

    assert "TrainingJobName" in output["Cause"]


def test_the_sdk_integration_has_its_own_error_names(cloud: LocalCloud) -> None:
    describe = "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint"
    catch = caught("SageMaker.SageMakerException")
    task = {"Type": "Task", "Resource": describe, "Arguments": {"EndpointName": "none"}, "Catch": catch, "End": True}

    assert run(cloud, {"Describe": task, "End": END})["output"]["Cause"] == "Could not find endpoint 'none'."


def test_a_lambdas_exception_is_caught_by_its_class_after_its_retries(cloud: LocalCloud, outputs: Outputs) -> None:
    function = outputs["test-front"]["FailsFunction"]
    catch = (
        caught("SomethingElse")[0],
        {**caught("NotReadyYet")[0], "Assign": {"seen": "{% $states.errorOutput.Error %}"}},
    )
    retry = {"ErrorEquals": ["NotReadyYet"], "MaxAttempts": 1, "IntervalSeconds": 1}
    task = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Arguments": {"FunctionName": function, "Payload": {}},
        "Retry": [retry],
        "Catch": list(catch),
        "End": True,
    }
    end = {"Type": "Pass", "Output": {"seen": "{% $seen %}", "error": "{% $states.input %}"}, "End": True}

    output = run(cloud, {"Fail": task, "End": end})["output"]

    assert output["seen"] == "NotReadyYet"
    calls = int(json.loads(output["error"]["Cause"])["errorMessage"].removeprefix("call "))
    assert calls >= 2  # one environment, kept through the first error


@pytest.mark.parametrize("accepted", [True, False])
def test_choices_waits_and_variables_work(cloud: LocalCloud, accepted: bool) -> None:
    states = {
        "Begin": {
            "Type": "Pass",
            "Assign": {"run": {"answered": None, "ok": "{% $states.input.ok %}"}},
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": "{% 0 %}", "Next": "Choose"},
        "Choose": {"Type": "Choice", "Choices": [{"Condition": "{% $run.ok %}", "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Output": {"chosen": "yes", "run": "{% $run %}"}, "End": True},
        "No": {"Type": "Pass", "Output": {"chosen": "no", "run": "{% $run %}"}, "End": True},
    }

    output = run(cloud, states, {"ok": accepted})["output"]

    assert output == {"chosen": "yes" if accepted else "no", "run": {"answered": None, "ok": accepted}}


def nested(child: str) -> dict[str, Any]:
    resource = "arn:aws:states:::states:startExecution.sync:2"
    arguments = {"StateMachineArn": child, "Input": {"version": "1.0.0"}}
    task = {
        "Type": "Task",
        "Resource": resource,
        "Arguments": arguments,
        "Catch": caught("States.TaskFailed"),
        "Output": "{% $states.result.Output %}",
        "End": True,
    }
    return {"Nested": task, "End": END}


def test_a_child_executions_output_is_json(cloud: LocalCloud) -> None:
    output = {"outcome": "promoted", "version": "{% $states.input.version %}"}
    child = create(cloud, {"Done": {"Type": "Pass", "Output": output, "End": True}})

    assert run(cloud, nested(child))["output"] == {"outcome": "promoted", "version": "1.0.0"}


def test_a_failed_child_is_a_failed_task(cloud: LocalCloud) -> None:
    child = create(cloud, {"Fail": {"Type": "Fail", "Error": "ReleaseInProgress", "Cause": "r-1"}})

    output = run(cloud, nested(child))["output"]

    assert output["Error"] == "States.TaskFailed"
    assert json.loads(output["Cause"])["Error"] == "ReleaseInProgress"
