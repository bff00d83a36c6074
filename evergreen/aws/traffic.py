"""The traffic table in DynamoDB: read, change by compare-and-swap, cache, roll back by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError

from evergreen.aws import machines
from evergreen.aws.endpoints import endpoint_status
from evergreen.aws.ledger import Ledger
from evergreen.aws.state import StateTable
from evergreen.errors import CloudError, TrafficChanged
from evergreen.serving.traffic import Target, Traffic, previous, step_back, withdraw

FRESH_SECONDS = 1.0  # a change is seen by every request this much later
USABLE_SECONDS = 60.0  # how long requests are answered from memory while DynamoDB fails
_ATTEMPTS = 5


class TrafficTable:
    """The one item that says who answers."""

    def __init__(self, state: StateTable, *, salt: str = "") -> None:
        self._state = state
        self._salt = salt

    def read(self) -> Traffic:
        """The table now; an empty one before the first release."""
        found = self._state.get("traffic")
        if found is None:
            return Traffic(salt=self._salt)
        return Traffic.model_validate(found)

    def change(self, transition: Callable[[Traffic], Traffic]) -> Traffic:
        """Apply a transition by compare-and-swap; a lost race reads again, and the transition judges anew."""
        for attempt in range(_ATTEMPTS):
            before = self.read()
            after = transition(before)
            if after == before:
                return before
            try:
                written = self._state.replace("traffic", "-", after.item(), expected_epoch=before.epoch)
            except TrafficChanged:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            return Traffic.model_validate(written)
        raise AssertionError


class CachedTraffic:
    """The table for the request path: at most a second old, at most a minute while DynamoDB fails."""

    def __init__(self, table: TrafficTable, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._clock = clock
        self._known: Traffic | None = None
        self._read_at = 0.0

    def read(self) -> Traffic:
        """The table, from memory where that is fresh enough."""
        age = self._clock() - self._read_at
        if self._known is not None and age < FRESH_SECONDS:
            return self._known
        asked_at = self._clock()
        try:
            known = self._table.read()
        except (CloudError, BotoCoreError) as error:
            if self._known is not None and age < USABLE_SECONDS:
                return self._known
            raise CloudError("the traffic table cannot be read") from error
        self._known, self._read_at = known, asked_at
        return known


@dataclass(frozen=True)
class RolledBack:
    """What a rollback by hand did: `withdrawn` a running release, `switched` back, or started `releasing`."""

    how: Literal["withdrawn", "switched", "releasing"]
    from_version: str | None
    to_version: str | None
    execution: str | None = None


def roll_back(table: TrafficTable, ledger: Ledger, *, release_machine: str, as_of: str, actor: str) -> RolledBack:
    """Undo the release that is under way, or go back to the version before; NothingToRollBack says why not."""
    traffic = table.read()
    if traffic.release_id is not None:
        leaving, done = traffic.challenger or traffic.champion, _withdraw(table, traffic.release_id)
        return _recorded(ledger, "withdrawn", leaving, done.champion, as_of=as_of, actor=actor)
    target = previous(traffic)
    if endpoint_status(target.endpoint) != "InService":
        return _release_again(traffic, target, release_machine=release_machine, as_of=as_of, actor=actor)
    done = table.change(lambda now: step_back(_unchanged(now, traffic)))
    return _recorded(ledger, "switched", traffic.champion, done.champion, as_of=as_of, actor=actor)


def _withdraw(table: TrafficTable, release_id: str) -> Traffic:
    return table.change(lambda now: withdraw(now, release_id=release_id))


def _unchanged(now: Traffic, seen: Traffic) -> Traffic:
    if now != seen:
        raise TrafficChanged("the traffic table changed while it was rolled back; look at it and try again")
    return now


def _release_again(traffic: Traffic, target: Target, *, release_machine: str, as_of: str, actor: str) -> RolledBack:
    version = target.model_version
    payload = {
        "model_version": version,
        "strategy": "all_at_once",
        "as_of": as_of,
        "requested_by": actor,
        "trigger": "rollback",
    }
    name = f"rollback-{version.replace('.', '-')}-{traffic.epoch}"
    execution = machines.start(release_machine, name, payload)
    leaving = traffic.champion.model_version if traffic.champion else None
    return RolledBack("releasing", leaving, version, execution)


def _recorded(
    ledger: Ledger,
    how: Literal["withdrawn", "switched"],
    leaving: Target | None,
    serving: Target | None,
    *,
    as_of: str,
    actor: str,
) -> RolledBack:
    done = RolledBack(how, leaving.model_version if leaving else None, serving.model_version if serving else None)
    evidence = {"how": how, "from": done.from_version, "to": done.to_version}
    ledger.append(
        "rollback", at=as_of, subject=done.from_version or "-", rule="by hand", evidence=evidence, actor=actor
    )
    return done
