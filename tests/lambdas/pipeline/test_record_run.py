from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.record_run.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.pipeline.conftest import AS_OF, Cloud

RUN = {
    "run_id": "run-1",
    "as_of": AS_OF,
    "trigger": "manual",
    "requested_by": "someone",
    "reasons": [],
    "answered": None,
    "data": {"dataset": "customers", "version": "1.0.0", "manifest": "m", "rows": 3, "uri": "s3://…"},
    "image": "r@sha256:0",
    "recipe": "r",
    "started_at": AS_OF,
}
JUDGEMENT = {"accepted": True, "reasons": ["good"], "metrics": {"roc_auc": 0.7}, "champion_metrics": None}


def record(outcome: str, **more: Any) -> dict[str, Any]:
    nothing = {"judgement": None, "model": None, "release": None, "error": None}
    return handler({"run": RUN, "outcome": outcome} | nothing | more, CONTEXT)


@pytest.fixture(autouse=True)
def locked(cloud: Cloud) -> None:
    cloud.state.put_new("run_lock", "-", {"run_id": "run-1", "execution_arn": "arn", "since": AS_OF})


def test_records_a_run_that_released_its_model(cloud: Cloud) -> None:
    model, release = {"model_version": "1.1.0"}, {"release_id": "run-1", "outcome": "promoted"}

    found = record("released", judgement=JUDGEMENT, model=model, release=release)

    assert (found["outcome"], found["model_version"], found["release_id"]) == ("released", "1.1.0", "run-1")
    assert (found["metrics"], found["judgement_reasons"]) == ({"roc_auc": 0.7}, ["good"])
    stored = cloud.state.get("run", "run-1")
    assert stored is not None
    assert stored["finished_at"] == found["finished_at"]


def test_frees_the_lock_and_appends_to_the_ledger(cloud: Cloud) -> None:
    record("refused", judgement=JUDGEMENT | {"accepted": False})

    (entry,) = cloud.ledger.query("run")
    assert cloud.state.get("run_lock") is None
    assert (entry.subject, entry.at, entry.evidence["outcome"]) == ("run-1", AS_OF, "refused")


def test_records_the_human_part_of_an_error() -> None:
    cause = json.dumps({"errorType": "DataRefused", "errorMessage": "customers 1.0.0 is refused"})

    found = record("failed", error={"Error": "DataRefused", "Cause": cause})

    assert found["error"] == {"error": "DataRefused", "cause": "customers 1.0.0 is refused"}
    assert found["model_version"] is None


def test_records_the_model_that_answered_the_run() -> None:
    answered = RUN | {"answered": {"model_version": "1.0.0", "run_id": "run-0"}}

    assert record("answered", run=answered)["model_version"] == "1.0.0"


def test_recording_again_returns_the_first_record(cloud: Cloud) -> None:
    first = record("refused")

    assert record("failed") == first
    assert len(cloud.ledger.query("run")) == 1


def test_leaves_the_lock_of_another_run_alone(cloud: Cloud) -> None:
    cloud.state.delete_if("run_lock", "-", "run_id", "run-1")
    cloud.state.put_new("run_lock", "-", {"run_id": "run-2", "execution_arn": "arn", "since": AS_OF})

    record("refused")

    assert cloud.state.get("run_lock") is not None
