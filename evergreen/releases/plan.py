"""A release's plan, fixed at its start: the steps, the limits, how long to bake."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from evergreen.project.schema import Release, RollBackWhen

Strategy = Literal["canary", "all_at_once"]

# predict may use a traffic table that is a second old; nothing that it may still call is torn down before this.
DRAIN = timedelta(seconds=2)


class _Fixed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="float")


class PlannedStep(_Fixed):
    """One share of the traffic and the evidence that ends it."""

    share: float
    requests: int
    at_least: timedelta = timedelta(0)
    at_most: timedelta = timedelta(hours=24)


class Limits(_Fixed):
    """What the challenger must not exceed; a latency in seconds."""

    error_rate: float
    model_latency_p99: float | None = None
    score_psi: float | None = None

    @property
    def signals(self) -> int:
        """How many tests share the chance of a false rollback."""
        return 1 + (self.model_latency_p99 is not None) + (self.score_psi is not None)


class Plan(_Fixed):
    """What a release will do as long as nothing breaks a limit."""

    strategy: Strategy
    steps: tuple[PlannedStep, ...]
    bake: timedelta
    check_every: timedelta
    limits: Limits


def plan_release(release: Release, *, strategy: Strategy | None = None, first: bool = False) -> Plan:
    """The plan of one release. The first model has no champion to fall back to, so it takes everything at once."""
    chosen: Strategy = "all_at_once" if first else strategy or release.strategy
    return Plan(
        strategy=chosen,
        steps=_canary(release) if chosen == "canary" else (PlannedStep(share=1.0, requests=0),),
        bake=max(timedelta(0) if first else release.bake, DRAIN),
        check_every=release.check_every,
        limits=_limits(release.roll_back_when),
    )


def _canary(release: Release) -> tuple[PlannedStep, ...]:
    return tuple(
        PlannedStep(share=step.share, requests=step.requests, at_least=step.at_least, at_most=step.at_most)
        for step in release.steps
    )


def _limits(when: RollBackWhen) -> Limits:
    return Limits(error_rate=when.error_rate, model_latency_p99=when.model_latency_p99, score_psi=when.score_psi)
