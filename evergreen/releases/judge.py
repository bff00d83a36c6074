"""The release judge: what a release does next, from its record and its challenger's health."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from evergreen.releases.health import Health, find_breach
from evergreen.releases.plan import PlannedStep
from evergreen.releases.record import ReleaseRecord, StepOutcome, StepRecord, elapsed


@dataclass(frozen=True)
class Action:
    """The next thing to do, why, and when to look again."""

    kind: Literal["wait", "shift", "promote", "settle", "roll_back"]
    reason: str
    share: float = 0.0
    wait: timedelta = timedelta(0)
    step_outcome: StepOutcome = "in_progress"

    @property
    def wait_seconds(self) -> int:
        """Whole seconds, as a state machine waits; at least one."""
        return max(1, math.ceil(self.wait.total_seconds()))


def next_action(record: ReleaseRecord, health: Health, now: datetime, *, champion: Health | None = None) -> Action:
    """A breach rolls back at any moment; else the bake, or the current step, decides."""
    if breach := find_breach(record.plan.limits, health, champion):
        return Action("roll_back", breach, step_outcome="breached")
    if record.baking_since is not None:
        return _bake(record, record.baking_since, now)
    if not record.steps:
        return _shift(record, record.plan.steps[0], "smoke test passed")
    return _judge_step(record, record.plan.steps[len(record.steps) - 1], record.steps[-1], now)


def _judge_step(record: ReleaseRecord, planned: PlannedStep, step: StepRecord, now: datetime) -> Action:
    gone = elapsed(step.started_at, now)
    seen = f"{step.requests} of {planned.requests} requests at {planned.share:.0%}"
    if step.requests >= planned.requests and gone >= planned.at_least:
        if len(record.steps) < len(record.plan.steps):
            return _shift(record, record.plan.steps[len(record.steps)], f"{seen} held every limit")
        wait = min(record.plan.bake, record.plan.check_every)
        return Action("promote", f"{seen} held every limit", wait=wait, step_outcome="passed")
    if gone > planned.at_most:
        return Action("roll_back", f"undecided: {seen} after {gone}", step_outcome="undecided")
    left = planned.at_least - gone if gone < planned.at_least else record.plan.check_every
    return Action("wait", seen, wait=min(left, record.plan.check_every))


def _shift(record: ReleaseRecord, step: PlannedStep, reason: str) -> Action:
    wait = min(record.plan.check_every, step.at_least) if step.requests == 0 else record.plan.check_every
    return Action("shift", reason, share=step.share, wait=wait, step_outcome="passed")


def _bake(record: ReleaseRecord, since: datetime, now: datetime) -> Action:
    left = record.plan.bake - elapsed(since, now)
    if left <= timedelta(0):
        return Action("settle", f"held every limit through a bake of {record.plan.bake}")
    return Action("wait", "baking", wait=min(left, record.plan.check_every))
