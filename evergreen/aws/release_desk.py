"""What every step of a release works with, and the two ways a release can be decided.

A rollback is recorded before traffic moves back, so that a repeated call knows why it did.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from evergreen.aws.ledger import Ledger
from evergreen.aws.live_metrics import LiveMetrics
from evergreen.aws.release_records import ReleaseRecords
from evergreen.aws.state import StateTable
from evergreen.aws.traffic import TrafficTable
from evergreen.releases.health import Health
from evergreen.releases.plan import DRAIN
from evergreen.releases.record import Outcome, ReleaseRecord, StepOutcome, finish
from evergreen.serving.traffic import Traffic, withdraw


@dataclass(frozen=True)
class ReleaseDesk:
    """Everything that a release reads and writes."""

    records: ReleaseRecords
    traffic: TrafficTable
    ledger: Ledger
    live: LiveMetrics


def open_desk(deployment: str, *, state_table: str, ledger_table: str) -> ReleaseDesk:
    """The desk of one deployment."""
    state = StateTable(state_table)
    return ReleaseDesk(
        records=ReleaseRecords(state),
        traffic=TrafficTable(state, salt=deployment),
        ledger=Ledger(ledger_table),
        live=LiveMetrics(deployment),
    )


def roll_release_back(
    desk: ReleaseDesk, record: ReleaseRecord, reason: str, step: StepOutcome, now: datetime
) -> dict[str, Any]:
    """Decide against the challenger and give its traffic back."""
    judged_at = time.monotonic()
    decided = desk.records.save(finish(record, outcome="rolled_back", reason=reason, step=step, now=now))
    ensure_withdrawn(desk, decided)
    seconds = round(time.monotonic() - judged_at, 3)
    done = desk.records.save(decided.model_copy(update={"rollback_seconds": seconds}))
    to_ledger(desk, "rollback", done)
    return status("in_progress", reason)  # once more around, so that nobody's cached table still points there


def record_promotion(desk: ReleaseDesk, record: ReleaseRecord, reason: str, now: datetime) -> dict[str, Any]:
    """Remember that the challenger has won."""
    done = desk.records.save(finish(record, outcome="promoted", reason=reason, step="passed", now=now))
    to_ledger(desk, "promotion", done)
    return status("promoted", reason)


def is_settled(record: ReleaseRecord, traffic: Traffic) -> bool:
    """Whether the release gave the table up as the winner, which its record may not say yet."""
    won = traffic.champion is not None and traffic.champion.digest == record.digest
    return won and record.baking_since is not None and traffic.release_id is None


def ensure_withdrawn(desk: ReleaseDesk, record: ReleaseRecord) -> None:
    """Take a rolled-back release out of the traffic table, if it is still in it."""
    own = record.release_id
    if record.outcome != "rolled_back":
        return
    desk.traffic.change(lambda table: withdraw(table, release_id=own) if table.release_id == own else table)


def health_of(desk: ReleaseDesk, record: ReleaseRecord, now: datetime) -> Health:
    """What the challenger's endpoint did in this release."""
    return desk.live.health(record.endpoint, record.started_at, now=now).since(record.baseline)


def to_ledger(desk: ReleaseDesk, kind: Literal["promotion", "rollback", "release"], record: ReleaseRecord) -> None:
    """Append the release, as it is now, as evidence."""
    rule = record.reason if kind == "rollback" else record.strategy
    desk.ledger.append(
        kind, at=record.as_of, subject=record.to, rule=rule, evidence=record.item(), actor=record.requested_by
    )


def status(outcome: Outcome, reason: str) -> dict[str, Any]:
    """The answer to the release machine when only the drain is left to wait for."""
    return {"status": outcome, "wait_seconds": round(DRAIN.total_seconds()), "reason": reason}
