"""A release under way: carry out what the judge decides, close it, and leave no doubt about who serves.

Order makes every step repeatable: traffic moves forward before the record says so (moving again changes nothing), and
a rollback is recorded before traffic moves back (so that a repeated call knows why it did).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evergreen.aws.endpoints import delete_endpoint
from evergreen.aws.ledger import Ledger
from evergreen.aws.live_metrics import LiveMetrics
from evergreen.aws.machines import sentence
from evergreen.aws.model_check import verify_live
from evergreen.aws.release_records import ReleaseRecords
from evergreen.aws.state import StateTable
from evergreen.aws.traffic import TrafficTable
from evergreen.errors import ArtifactRefused
from evergreen.releases.judge import Action, next_action
from evergreen.releases.plan import DRAIN
from evergreen.releases.record import Outcome, ReleaseRecord, StepOutcome, begin_bake, begin_step, finish, observe
from evergreen.serving.traffic import Traffic, promote, settle, shift, withdraw

BY_HAND = "rolled back by hand"


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


def advance_release(desk: ReleaseDesk, release_id: str, *, now: datetime) -> dict[str, Any]:
    """One look at a release: judge it, do the next thing, say when to look again."""
    record = desk.records.read(release_id)
    traffic = desk.traffic.read()
    if record.outcome != "in_progress":
        _ensure_withdrawn(desk, record)
        return _status(record.outcome, record.reason)
    if traffic.release_id != release_id:
        return _taken_away(desk, record, traffic, now)
    record = observe(record, _health(desk, record, now))
    champion = None
    if record.plan.limits.score_psi is not None and record.previous is not None:
        champion = desk.live.health(record.previous.endpoint, record.started_at, now=now)
    action = next_action(record, _health(desk, record, now), now, champion=champion)
    return _carry_out(desk, record, action, now)


def finish_release(
    desk: ReleaseDesk, release_id: str, *, error: Mapping[str, str] | None, now: datetime
) -> dict[str, Any]:
    """Close a release however it went: traffic restored after an error, the loser removed, the winner verified."""
    record = desk.records.find(release_id)
    if record is None:
        desk.records.unlock(release_id)
        return {"release_id": release_id, "outcome": "refused", "model_version": None, "reason": _reason(error)}
    if record.finished_at is None:
        record = _close(desk, record, error, now)
    traffic = desk.traffic.read()
    _remove_loser(record, traffic)
    _verify(record, traffic)
    desk.records.unlock(release_id)
    return result(record)


def result(record: ReleaseRecord) -> dict[str, Any]:
    """The release machine's output."""
    kept = ("release_id", "outcome", "from", "reason", "strategy", "requests", "failed_requests", "rollback_seconds")
    item = record.item()
    return {"model_version": record.to, "digest": record.digest, **{name: item[name] for name in kept}}


def _carry_out(desk: ReleaseDesk, record: ReleaseRecord, action: Action, now: datetime) -> dict[str, Any]:
    own = record.release_id
    match action.kind:
        case "shift":
            desk.traffic.change(lambda table: shift(table, release_id=own, share=action.share))
            record = begin_step(record, share=action.share, now=now)
        case "promote":
            desk.traffic.change(lambda table: promote(table, release_id=own, at=record.as_of))
            record = begin_bake(record, now=now)
        case "settle":
            returning = record.trigger == "rollback"
            desk.traffic.change(lambda table: settle(table, release_id=own, returning=returning))
            return _promoted(desk, record, action.reason, now)
        case "roll_back":
            return _roll_back(desk, record, action.reason, action.step_outcome, now)
    desk.records.save(record)
    return {"status": "in_progress", "wait_seconds": action.wait_seconds, "reason": action.reason}


def _roll_back(
    desk: ReleaseDesk, record: ReleaseRecord, reason: str, step: StepOutcome, now: datetime
) -> dict[str, Any]:
    judged_at = time.monotonic()
    decided = desk.records.save(finish(record, outcome="rolled_back", reason=reason, step=step, now=now))
    _ensure_withdrawn(desk, decided)
    seconds = round(time.monotonic() - judged_at, 3)
    done = desk.records.save(decided.model_copy(update={"rollback_seconds": seconds}))
    _to_ledger(desk, "rollback", done)
    return _status("in_progress", reason)  # once more around, so that nobody's cached table still points there


def _promoted(desk: ReleaseDesk, record: ReleaseRecord, reason: str, now: datetime) -> dict[str, Any]:
    done = desk.records.save(finish(record, outcome="promoted", reason=reason, step="passed", now=now))
    _to_ledger(desk, "promotion", done)
    return _status("promoted", reason)


def _taken_away(desk: ReleaseDesk, record: ReleaseRecord, traffic: Traffic, now: datetime) -> dict[str, Any]:
    """The table is no longer ours: settled by an earlier attempt of this very call, or rolled back by hand."""
    if record.baking_since is not None and traffic.champion is not None and traffic.champion.digest == record.digest:
        return _promoted(desk, record, "held every limit", now)
    desk.records.save(finish(record, outcome="rolled_back", reason=BY_HAND, step="by_hand", now=now))
    return _status("in_progress", BY_HAND)


def _ensure_withdrawn(desk: ReleaseDesk, record: ReleaseRecord) -> None:
    own = record.release_id
    if record.outcome != "rolled_back":
        return
    desk.traffic.change(lambda table: withdraw(table, release_id=own) if table.release_id == own else table)


def _close(desk: ReleaseDesk, record: ReleaseRecord, error: Mapping[str, str] | None, now: datetime) -> ReleaseRecord:
    if record.outcome == "in_progress":
        _roll_back(desk, record, _reason(error), "failed", now)
        record = desk.records.read(record.release_id)
    _ensure_withdrawn(desk, record)
    counted = observe(record, _health(desk, record, now))
    record = desk.records.save(counted.model_copy(update={"finished_at": now}))
    _to_ledger(desk, "release", record)
    return record


def _remove_loser(record: ReleaseRecord, traffic: Traffic) -> None:
    serving = {target.endpoint for target in (traffic.champion, traffic.challenger) if target is not None}
    previous = record.previous.endpoint if record.previous else None
    loser = previous if record.outcome == "promoted" else record.endpoint
    if loser is not None and loser not in serving:
        delete_endpoint(loser)


def _verify(record: ReleaseRecord, traffic: Traffic) -> None:
    """The endpoint that the table names has to say itself that it is the winner."""
    expected = record.digest if record.outcome == "promoted" else record.previous and record.previous.digest
    live = traffic.champion
    if (live.digest if live else None) != expected:
        serving = live.model_version if live else "no model version"
        raise ArtifactRefused(f"release {record.release_id} ended as {record.outcome}, but {serving} serves")
    if live is not None:
        verify_live(live, name=record.release_id)


def _health(desk: ReleaseDesk, record: ReleaseRecord, now: datetime) -> Any:
    return desk.live.health(record.endpoint, record.started_at, now=now).since(record.baseline)


def _to_ledger(desk: ReleaseDesk, kind: Any, record: ReleaseRecord) -> None:
    rule = record.reason if kind == "rollback" else record.strategy
    desk.ledger.append(
        kind, at=record.as_of, subject=record.to, rule=rule, evidence=record.item(), actor=record.requested_by
    )


def _status(outcome: Outcome, reason: str) -> dict[str, Any]:
    return {"status": outcome, "wait_seconds": round(DRAIN.total_seconds()), "reason": reason}


def _reason(error: Mapping[str, str] | None) -> str:
    if not error:
        return "the release ended before it was decided"
    return f"{error.get('Error', 'error')}: {sentence(error.get('Cause'))}"
