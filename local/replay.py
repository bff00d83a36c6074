"""Fires a schedule at a time of one's choosing: months of event time pass in seconds."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from evergreen.errors import CloudError, NotFound
from local.cloud import LocalCloud


def fire(cloud: LocalCloud, schedule: str, at: datetime) -> Any:
    """Invoke a schedule's function with its own input, as if it fired at `at`; what the function returned.

    `schedule` is a name, whatever its group.
    """
    scheduler = cloud.client("scheduler")
    known = scheduler.list_schedules(NamePrefix=schedule)["Schedules"]
    group = next((found["GroupName"] for found in known if found["Name"] == schedule), None)
    if group is None:
        raise NotFound(f"There is no schedule {schedule}")
    found = scheduler.get_schedule(Name=schedule, GroupName=group)
    target = found["Target"]
    text = substitute(target.get("Input", "{}"), at=at.astimezone(UTC), schedule_arn=found["Arn"])
    answer = cloud.client("lambda").invoke(FunctionName=target["Arn"], Payload=text.encode())
    result = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        kind, message = result.get("errorType", "Error"), result.get("errorMessage", "")
        raise CloudError(f"The schedule {schedule} failed: {kind}: {message}", code=kind)
    return result


def substitute(text: str, *, at: datetime, schedule_arn: str) -> str:
    """A target's input with EventBridge Scheduler's context attributes of one firing.

    >>> substitute('{"as_of": "<aws.scheduler.scheduled-time>"}', at=datetime(2013, 4, 1, tzinfo=UTC), schedule_arn="")
    '{"as_of": "2013-04-01T00:00:00Z"}'
    """
    attributes = {
        "<aws.scheduler.scheduled-time>": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.schedule-arn>": schedule_arn,
        "<aws.scheduler.attempt-number>": "1",
    }
    for name, value in attributes.items():
        text = text.replace(name, value)
    return text
