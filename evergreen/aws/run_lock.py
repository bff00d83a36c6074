"""The run lock: one training run at a time; the lock of an execution that has ended is free to take."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, code, translated
from evergreen.aws.state import StateTable
from evergreen.errors import RunInProgress

_LOCK = "run_lock"
_ALIVE = ("RUNNING", "PENDING_REDRIVE")
_ATTEMPTS = 5  # between reading a lock and taking it over, somebody else may do the same


def take(state: StateTable, *, run_id: str, execution_arn: str, since: str) -> None:
    """Lock the pipeline for a run; RunInProgress names the run that holds it."""
    mine = {"run_id": run_id, "execution_arn": execution_arn, "since": since}
    for _ in range(_ATTEMPTS):
        if state.put_new(_LOCK, "-", mine):
            return
        holder = state.get(_LOCK)
        if holder is None:
            continue
        if holder["run_id"] == run_id:
            return
        if is_alive(holder["execution_arn"]):
            raise RunInProgress(
                f"the run {holder['run_id']} is in progress since {holder['since']}; wait for it to end"
            )
        state.delete_if(_LOCK, "-", "run_id", holder["run_id"])
    raise RunInProgress("other runs are starting at this moment; start this one again")


def free(state: StateTable, run_id: str) -> None:
    """Unlock the pipeline, when it is this run that holds it."""
    state.delete_if(_LOCK, "-", "run_id", run_id)


def is_alive(execution_arn: str) -> bool:
    """Whether an execution still goes; Step Functions forgets those that ended 90 days ago."""
    try:
        found = client("stepfunctions").describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if code(error) == "ExecutionDoesNotExist":
            return False
        raise translated(error, "looking for the execution that holds a lock") from error
    except BotoCoreError as error:
        raise translated(error, "looking for the execution that holds a lock") from error
    return found["status"] in _ALIVE
