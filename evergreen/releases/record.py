"""A release as it is remembered: what was planned, what happened at each step, how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evergreen.releases.health import Health
from evergreen.releases.plan import Plan
from evergreen.serving.traffic import Target

Outcome = Literal["in_progress", "promoted", "rolled_back", "refused"]
StepOutcome = Literal["in_progress", "passed", "breached", "undecided", "by_hand", "failed"]


class StepRecord(BaseModel):
    """What one step saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float
    started_at: datetime
    ended_at: datetime | None = None
    requests: int = 0
    errors: int = 0
    outcome: StepOutcome = "in_progress"


class ReleaseRecord(BaseModel):
    """One release. `epoch` is its version in the state table."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, ser_json_timedelta="float")

    release_id: str
    strategy: str
    from_: str | None = Field(default=None, alias="from")
    to: str
    as_of: str
    requested_by: str
    trigger: str
    steps: tuple[StepRecord, ...] = ()
    outcome: Outcome = "in_progress"
    reason: str = ""
    requests: int = 0
    failed_requests: int = 0
    rollback_seconds: float | None = None
    started_at: datetime
    baking_since: datetime | None = None
    finished_at: datetime | None = None
    endpoint: str
    digest: str
    artifact_uri: str
    previous: Target | None = None
    abandoned: str | None = None  # the release whose lock this one took over, and whose endpoint it removes
    plan: Plan
    baseline: Health = Health()
    epoch: int = Field(default=0, exclude=True)

    def item(self) -> dict[str, Any]:
        """The record as the state table keeps it."""
        return self.model_dump(mode="json", by_alias=True)


def observe(record: ReleaseRecord, health: Health) -> ReleaseRecord:
    """The record with its totals, and its current step's share of them, brought up to `health`."""
    steps = record.steps
    if steps and steps[-1].ended_at is None:
        before = steps[:-1]
        current = steps[-1].model_copy(
            update={
                "requests": health.requests - sum(step.requests for step in before),
                "errors": health.errors - sum(step.errors for step in before),
            }
        )
        steps = (*before, current)
    return record.model_copy(update={"steps": steps, "requests": health.requests, "failed_requests": health.errors})


def begin_step(record: ReleaseRecord, *, share: float, now: datetime) -> ReleaseRecord:
    """The current step passed (if there was one) and the next begins; twice the same is once."""
    if record.steps and record.steps[-1].share == share:
        return record
    passed = end_step(record, outcome="passed", now=now)
    return passed.model_copy(update={"steps": (*passed.steps, StepRecord(share=share, started_at=now))})


def begin_bake(record: ReleaseRecord, *, now: datetime) -> ReleaseRecord:
    """The last step passed and the promoted challenger is watched."""
    passed = end_step(record, outcome="passed", now=now)
    return passed.model_copy(update={"baking_since": record.baking_since or now})


def finish(record: ReleaseRecord, *, outcome: Outcome, reason: str, step: StepOutcome, now: datetime) -> ReleaseRecord:
    """The release is over; a step that was under way ends as `step`."""
    ended = end_step(record, outcome=step, now=now)
    return ended.model_copy(update={"outcome": outcome, "reason": reason})


def end_step(record: ReleaseRecord, *, outcome: StepOutcome, now: datetime) -> ReleaseRecord:
    """The step under way ends; nothing changes without one."""
    if not record.steps or record.steps[-1].ended_at is not None:
        return record
    ended = record.steps[-1].model_copy(update={"ended_at": now, "outcome": outcome})
    return record.model_copy(update={"steps": (*record.steps[:-1], ended)})


def elapsed(since: datetime, now: datetime) -> timedelta:
    """Time gone by, never negative."""
    return max(now - since, timedelta(0))
