"""The end of a release: traffic restored if it was undecided, the loser removed, the winner asked who it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evergreen.aws.endpoints import delete_endpoint
from evergreen.aws.machines import sentence
from evergreen.aws.model_check import verify_live
from evergreen.aws.release_desk import (
    ReleaseDesk,
    ensure_withdrawn,
    health_of,
    is_settled,
    record_promotion,
    roll_release_back,
    to_ledger,
)
from evergreen.errors import ArtifactRefused
from evergreen.releases.record import ReleaseRecord, observe
from evergreen.serving.traffic import Traffic


def finish_release(
    desk: ReleaseDesk, release_id: str, *, error: Mapping[str, str] | None, now: datetime
) -> dict[str, Any]:
    """Close a release however it went: traffic restored after an error, the loser removed, the winner verified."""
    record = close_release(desk, release_id, error=error, now=now)
    if record is None:
        desk.records.unlock(release_id)
        return {"release_id": release_id, "outcome": "refused", "model_version": None, "reason": _reason(error)}
    traffic = desk.traffic.read()
    _remove_loser(record, traffic)
    if record.abandoned and (left := desk.records.find(record.abandoned)):
        _remove_loser(left, traffic)
    try:
        live_digest = _verify(record, traffic)
    finally:
        desk.records.unlock(release_id)
    return result(record) | {"live_digest": live_digest}


def close_release(
    desk: ReleaseDesk, release_id: str, *, error: Mapping[str, str] | None, now: datetime
) -> ReleaseRecord | None:
    """The finished record, with traffic restored if the release was undecided; None when it never had a record."""
    record = desk.records.find(release_id)
    if record is None or record.finished_at is not None:
        return record
    if record.outcome == "in_progress" and is_settled(record, desk.traffic.read()):
        record_promotion(desk, record, "held every limit", now)
    elif record.outcome == "in_progress":
        roll_release_back(desk, record, _reason(error), "failed", now)
    record = desk.records.read(release_id)
    ensure_withdrawn(desk, record)
    counted = observe(record, health_of(desk, record, now))
    record = desk.records.save(counted.model_copy(update={"finished_at": now}))
    to_ledger(desk, "release", record)
    return record


def result(record: ReleaseRecord) -> dict[str, Any]:
    """The release machine's output."""
    kept = ("release_id", "outcome", "from", "reason", "strategy", "requests", "failed_requests", "rollback_seconds")
    item = record.item()
    return {"model_version": record.to, "digest": record.digest, **{name: item[name] for name in kept}}


def _remove_loser(record: ReleaseRecord, traffic: Traffic) -> None:
    serving = {target.endpoint for target in (traffic.champion, traffic.challenger) if target is not None}
    previous = record.previous.endpoint if record.previous else None
    loser = previous if record.outcome == "promoted" else record.endpoint
    if loser is not None and loser not in serving:
        delete_endpoint(loser)


def _verify(record: ReleaseRecord, traffic: Traffic) -> str | None:
    """The endpoint that the table names has to say itself that it is the winner; the digest that it said."""
    expected = record.digest if record.outcome == "promoted" else record.previous and record.previous.digest
    live = traffic.champion
    if (live.digest if live else None) != expected:
        serving = live.model_version if live else "no model version"
        raise ArtifactRefused(f"release {record.release_id} ended as {record.outcome}, but {serving} serves")
    if live is None:
        return None
    verify_live(live, name=record.release_id)
    return live.digest


def _reason(error: Mapping[str, str] | None) -> str:
    if not error:
        return "the release ended before it was decided"
    return f"{error.get('Error', 'error')}: {sentence(error.get('Cause'))}"
