"""The traffic table: which model version answers, and every way it may change.

Each change is a function from one table to the next. A release owns the table through `release_id`; a change by
anybody else finds another `release_id` and raises TrafficChanged. Taking a release back, at any moment of it, gives
exactly the table before it.

    start ── share 0 ──▶ shift … ──▶ promote ──▶ settle        the release's own way
      └────────┴────────────┴───────────┴──▶ withdraw           back to the table before
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evergreen.errors import NoModel, NothingToRollBack, ReleaseInProgress, TrafficChanged

MAX_HISTORY = 50


class Target(BaseModel):
    """A model version on its endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_version: str
    endpoint: str
    digest: str
    artifact_uri: str
    contract_key: str
    promoted_at: str | None = None


class Traffic(BaseModel):
    """One item of the state table; `epoch` is its version, not part of its meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    champion: Target | None = None
    challenger: Target | None = None
    share: float = Field(default=0.0, ge=0, le=1)
    release_id: str | None = None
    history: tuple[Target, ...] = ()
    salt: str = ""
    latency_limit_ms: float | None = None
    epoch: int = Field(default=0, exclude=True)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.challenger is None and self.share:
            raise ValueError("a share needs a challenger")
        if self.challenger is not None and self.release_id is None:
            raise ValueError("a challenger needs a release")
        return self

    @property
    def baking(self) -> bool:
        """Whether a release has promoted its challenger and still watches it."""
        return self.release_id is not None and self.challenger is None

    def item(self) -> dict[str, Any]:
        """The table as the state table keeps it."""
        return self.model_dump(mode="json")


def start(traffic: Traffic, challenger: Target, *, release_id: str, latency_limit_ms: float | None = None) -> Traffic:
    """A release takes the table; its challenger gets no request yet."""
    if traffic.release_id == release_id:
        return traffic
    if traffic.release_id is not None:
        raise ReleaseInProgress(f"release {traffic.release_id} is moving traffic; wait for it or roll it back")
    return _with(traffic, challenger=challenger, share=0.0, release_id=release_id, latency_limit_ms=latency_limit_ms)


def shift(traffic: Traffic, *, release_id: str, share: float) -> Traffic:
    """The challenger gets `share` of the requests."""
    _own(traffic, release_id)
    if traffic.challenger is None:
        raise TrafficChanged(f"release {release_id} has promoted its challenger already")
    return _with(traffic, share=share)


def promote(traffic: Traffic, *, release_id: str, at: str) -> Traffic:
    """The challenger becomes the champion; the release keeps the table while it bakes."""
    _own(traffic, release_id)
    if traffic.challenger is None:
        return traffic
    champion = traffic.challenger.model_copy(update={"promoted_at": at})
    return _with(traffic, champion=champion, challenger=None, share=0.0, history=(*traffic.history, champion))


def settle(traffic: Traffic, *, release_id: str, returning: bool = False) -> Traffic:
    """The release gives the table up. `returning` to an earlier version forgets what was promoted after it."""
    _own(traffic, release_id)
    history = _returned(traffic.history) if returning else traffic.history
    return _with(traffic, release_id=None, latency_limit_ms=None, history=history[-MAX_HISTORY:])


def withdraw(traffic: Traffic, *, release_id: str) -> Traffic:
    """The table as it was before this release, whether it was shifting or baking."""
    _own(traffic, release_id)
    history = traffic.history[:-1] if traffic.baking else traffic.history
    champion = (history[-1] if history else None) if traffic.baking else traffic.champion
    return _with(
        traffic,
        champion=champion,
        history=history,
        challenger=None,
        share=0.0,
        release_id=None,
        latency_limit_ms=None,
    )


def previous(traffic: Traffic) -> Target:
    """The version that was champion before this one."""
    if len(traffic.history) < 2:
        name = traffic.champion.model_version if traffic.champion else None
        state = f"{name} is the only model version that was ever promoted" if name else "no model version serves yet"
        raise NothingToRollBack(f"There is nothing to roll back to: {state}.")
    return traffic.history[-2]


def step_back(traffic: Traffic) -> Traffic:
    """The previous version answers again, and the current one leaves the history."""
    if traffic.release_id is not None:
        raise ReleaseInProgress(f"release {traffic.release_id} is moving traffic; roll that back")
    target = previous(traffic)
    return _with(traffic, champion=target, history=traffic.history[:-1])


def challenger_of(traffic: Traffic, *, release_id: str) -> Target:
    """The version that a release wants to promote; TrafficChanged when the release was taken back."""
    _own(traffic, release_id)
    target = traffic.challenger or traffic.champion
    assert target is not None  # a release owns the table with a challenger, or with the champion it promoted
    return target


def serving(traffic: Traffic) -> Target:
    """The version that stands for the deployment; NoModel before the first."""
    if traffic.champion is not None:
        return traffic.champion
    if traffic.challenger is not None and traffic.share > 0:
        return traffic.challenger
    raise NoModel("no model version serves yet")


def _own(traffic: Traffic, release_id: str) -> None:
    if traffic.release_id != release_id:
        holder = f"release {traffic.release_id} holds it" if traffic.release_id else "no release holds it"
        raise TrafficChanged(f"the traffic table is no longer release {release_id}'s: {holder}")


def _returned(history: tuple[Target, ...]) -> tuple[Target, ...]:
    versions = [target.model_version for target in history]
    earlier = versions.index(versions[-1]) if versions else 0
    return (*history[:earlier], *history[-1:])


def _with(traffic: Traffic, **changes: Any) -> Traffic:
    return Traffic.model_validate({**dict(traffic), **changes})
