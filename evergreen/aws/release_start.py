"""Starting a release: lock, record, the traffic table, and the challenger's endpoint. Every step can be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel

from evergreen.aws.endpoints import EndpointRequests, create_endpoint, endpoint_name
from evergreen.aws.objects import split_uri
from evergreen.aws.release_desk import ReleaseDesk
from evergreen.aws.release_end import close_release
from evergreen.errors import InvalidRequest
from evergreen.project.schema import Project
from evergreen.releases.plan import plan_release
from evergreen.releases.record import ReleaseRecord
from evergreen.serving.traffic import Target, Traffic, start

ABANDONED = {"Error": "Abandoned", "Cause": "its execution ended without finishing it"}
_LONGEST_POLL = timedelta(seconds=30)


class ReleaseInput(BaseModel):
    """What the release machine is started with."""

    model_version: str
    strategy: Literal["canary", "all_at_once"] | None = None
    as_of: str
    requested_by: str
    trigger: str


@dataclass(frozen=True)
class Hosting:
    """What every endpoint of this deployment has in common."""

    deployment: str
    role_arn: str
    key_arn: str
    data_bucket: str


def start_release(
    desk: ReleaseDesk,
    hosting: Hosting,
    project: Project,
    asked: ReleaseInput,
    *,
    execution: str,
    execution_arn: str,
    now: datetime,
) -> dict[str, Any]:
    """Take the lock and the traffic table for a challenger at share 0, and create its endpoint."""
    model = desk.records.model(asked.model_version)
    abandoned = desk.records.lock(execution, execution_arn)
    if abandoned is not None:
        close_release(desk, abandoned, error=ABANDONED, now=now)
    target = _target(hosting.deployment, model)
    record = desk.records.find(execution) or _new_record(desk, project, asked, target, execution, now, abandoned)
    latency = record.plan.limits.model_latency_p99
    limit_ms = latency * 1000 if latency is not None else None
    desk.traffic.change(lambda table: start(table, target, release_id=execution, latency_limit_ms=limit_ms))
    create_endpoint(
        EndpointRequests(
            name=target.endpoint,
            model=model,
            instances=project.serving.endpoint,
            role_arn=hosting.role_arn,
            key_arn=hosting.key_arn,
            data_bucket=hosting.data_bucket,
        )
    )
    poll = min(project.release.check_every, _LONGEST_POLL)
    return {
        "release_id": execution,
        "endpoint": target.endpoint,
        "wait_seconds": max(1, round(poll.total_seconds())),
    }


def _target(deployment: str, model: dict[str, Any]) -> Target:
    _, prefix = split_uri(model["artifact_uri"])
    return Target(
        model_version=model["model_version"],
        endpoint=endpoint_name(deployment, model["model_version"], model["digest"]),
        digest=model["digest"],
        artifact_uri=model["artifact_uri"],
        contract_key=f"{prefix.rstrip('/')}/contract.json",
    )


def _new_record(
    desk: ReleaseDesk,
    project: Project,
    asked: ReleaseInput,
    target: Target,
    execution: str,
    now: datetime,
    abandoned: str | None,
) -> ReleaseRecord:
    champion = _champion(desk.traffic.read(), target, desk, execution)
    plan = plan_release(project.release, strategy=asked.strategy, first=champion is None)
    record = ReleaseRecord.model_validate(
        {
            "release_id": execution,
            "strategy": plan.strategy,
            "from": champion.model_version if champion else None,
            "to": target.model_version,
            **asked.model_dump(include={"as_of", "requested_by", "trigger"}),
            "started_at": now,
            "endpoint": target.endpoint,
            "digest": target.digest,
            "artifact_uri": target.artifact_uri,
            "previous": champion,
            "abandoned": abandoned,
            "plan": plan,
            "baseline": desk.live.health(target.endpoint, now),
        }
    )
    return desk.records.save(record)


def _champion(traffic: Traffic, target: Target, desk: ReleaseDesk, execution: str) -> Target | None:
    champion = traffic.champion
    if champion is not None and champion.endpoint == target.endpoint:
        desk.records.unlock(execution)
        raise InvalidRequest(f"Model version {target.model_version} serves already; there is nothing to release.")
    return champion
