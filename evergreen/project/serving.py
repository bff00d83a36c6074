"""The release of a model version, and the API that it answers through."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.project.block import Block
from evergreen.project.units import Duration, Limit, Share


class Step(Block):
    """One step of a release: a share of the traffic until `requests` answers are in."""

    share: Share
    requests: int = Field(default=500, ge=1)
    at_least: Duration = timedelta(0)
    at_most: Duration = timedelta(hours=24)


class RollBackWhen(Block):
    """Limits on the challenger's own traffic; crossing one, beyond chance, rolls the release back."""

    error_rate: Limit = 0.01
    model_latency_p99: Limit | None = None
    score_psi: Limit | None = None


DEFAULT_STEPS = [
    Step(share=0.05, requests=1500, at_least=timedelta(minutes=10)),
    Step(share=0.25, requests=3000, at_least=timedelta(minutes=10)),
    Step(share=1.0, requests=500),
]


class Release(Block):
    """How traffic moves from the champion to the challenger."""

    strategy: Literal["canary", "all_at_once"] = "canary"
    steps: list[Step] = DEFAULT_STEPS
    bake: Duration = timedelta(hours=1)
    check_every: Duration = timedelta(seconds=30)
    roll_back_when: RollBackWhen = RollBackWhen()

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        shares = [step.share for step in self.steps]
        if self.strategy == "canary" and (not shares or shares != sorted(set(shares)) or shares[-1] != 1.0):
            raise ValueError("steps: shares must rise from step to step and end at 100%")
        return self


class Endpoint(Block):
    """The instances behind each model version."""

    instance: str = "ml.m5.large"
    count: int = Field(default=1, ge=1)


class Quota(Block):
    """The API's usage plan, per key."""

    per_second: float = Field(default=50, gt=0)
    burst: int = Field(default=100, ge=1)
    per_day: int = Field(default=100_000, ge=1)


class Serving(Block):
    """The prediction API."""

    endpoint: Endpoint = Endpoint()
    auth: Literal["api_key"] = "api_key"
    quota: Quota = Quota()
    max_rows: int = Field(default=1000, ge=1, le=10_000)
