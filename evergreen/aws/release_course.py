"""A release under way: carry out what the judge decides.

Traffic moves forward before the record says so: a repeated call moves it to where it is already.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evergreen.aws.release_desk import (
    ReleaseDesk,
    ensure_withdrawn,
    health_of,
    is_settled,
    record_promotion,
    roll_release_back,
    status,
)
from evergreen.releases.judge import Action, next_action
from evergreen.releases.record import ReleaseRecord, begin_bake, begin_step, finish, observe
from evergreen.serving.traffic import Traffic, promote, settle, shift

BY_HAND = "rolled back by hand"


def advance_release(desk: ReleaseDesk, release_id: str, *, now: datetime) -> dict[str, Any]:
    """One look at a release: judge it, do the next thing, say when to look again."""
    record = desk.records.read(release_id)
    traffic = desk.traffic.read()
    if record.outcome != "in_progress":
        ensure_withdrawn(desk, record)
        return status(record.outcome, record.reason)
    if traffic.release_id != release_id:
        return _taken_away(desk, record, traffic, now)
    record = observe(record, health_of(desk, record, now))
    champion = None
    if record.plan.limits.score_psi is not None and record.previous is not None:
        champion = desk.live.health(record.previous.endpoint, record.started_at, now=now)
    action = next_action(record, health_of(desk, record, now), now, champion=champion)
    return _carry_out(desk, record, action, now)


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
            return record_promotion(desk, record, action.reason, now)
        case "roll_back":
            return roll_release_back(desk, record, action.reason, action.step_outcome, now)
    desk.records.save(record)
    return {"status": "in_progress", "wait_seconds": action.wait_seconds, "reason": action.reason}


def _taken_away(desk: ReleaseDesk, record: ReleaseRecord, traffic: Traffic, now: datetime) -> dict[str, Any]:
    """The table is no longer ours: settled by an earlier attempt of this very call, or rolled back by hand."""
    if is_settled(record, traffic):
        return record_promotion(desk, record, "held every limit", now)
    desk.records.save(finish(record, outcome="rolled_back", reason=BY_HAND, step="by_hand", now=now))
    return status("in_progress", BY_HAND)
