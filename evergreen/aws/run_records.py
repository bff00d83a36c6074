"""Run records: how each run ended. Recording is the last thing a run does, and it frees the lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evergreen.aws import run_lock
from evergreen.aws.ledger import Ledger
from evergreen.aws.machines import sentence
from evergreen.aws.state import StateTable
from evergreen.times import stamp

Outcome = Literal["released", "refused", "rolled_back", "failed", "answered"]
_LONGEST_CAUSE = 2000


class StateError(BaseModel):
    """An error as a state machine catches it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    error: str = Field(default="", alias="Error")
    cause: str = Field(default="", alias="Cause")


class RunEnd(BaseModel):
    """A run and how it ended, as the state machine tells it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    run: dict[str, Any]
    outcome: Outcome
    judgement: dict[str, Any] | None = None
    model: dict[str, Any] | None = None
    release: dict[str, Any] | None = None
    error: StateError | None = None


def record_run(state: StateTable, ledger: Ledger, end: RunEnd, *, now: datetime) -> dict[str, Any]:
    """Write the run's record and ledger entry and free the lock; a rerun returns the record of the first time."""
    record = run_record(end, finished_at=stamp(now))
    run_id = record["run_id"]
    if not state.put_new("run", run_id, record):
        stored = state.get("run", run_id) or record
        record = {name: value for name, value in stored.items() if name != "epoch"}
    ledger.append(
        "run",
        at=record["as_of"],
        subject=run_id,
        rule=record["trigger"],
        evidence=record,
        actor=record["requested_by"],
    )
    run_lock.free(state, run_id)
    return record


def run_record(end: RunEnd, *, finished_at: str) -> dict[str, Any]:
    """The record of a run."""
    run, judgement = end.run, end.judgement or {}
    return {
        "run_id": run["run_id"],
        "as_of": run["as_of"],
        "trigger": run["trigger"],
        "requested_by": run["requested_by"],
        "reasons": run["reasons"],
        "data_version": run["data"]["version"],
        "data_manifest": run["data"]["manifest"],
        "rows": run["data"]["rows"],
        "image": run["image"],
        "recipe": run["recipe"],
        "outcome": end.outcome,
        "model_version": _model_version(end),
        "metrics": judgement.get("metrics"),
        "champion_metrics": judgement.get("champion_metrics"),
        "comparison": judgement.get("comparison"),
        "judgement_reasons": judgement.get("reasons", []),
        "release_id": (end.release or {}).get("release_id"),
        "error": _error(end.error),
        "started_at": run.get("started_at"),
        "finished_at": finished_at,
    }


def _model_version(end: RunEnd) -> str | None:
    answered = end.run.get("answered") if end.outcome == "answered" else None
    found: str | None = (end.model or answered or {}).get("model_version")
    return found


def _error(error: StateError | None) -> dict[str, str] | None:
    if error is None:
        return None
    return {"error": error.error, "cause": sentence(error.cause)[:_LONGEST_CAUSE]}
