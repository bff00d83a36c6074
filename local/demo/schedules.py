"""Time passes: the deployed schedules are fired at the replayed time, with the target and input they were deployed with."""

from __future__ import annotations

import json
from typing import Any

from evergreen.aws.clients import client
from evergreen.cli.session import Session
from evergreen.errors import EvergreenError

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def fire(session: Session, schedule_output: str, at: str) -> dict[str, Any]:
    """Deliver what EventBridge Scheduler delivers at `at`, and return the target's answer."""
    group, _, name = session.deployment[schedule_output].rpartition("/")
    target = client("scheduler").get_schedule(Name=name, **({"GroupName": group} if group else {}))["Target"]
    payload = target["Input"].replace(SCHEDULED_TIME, at)
    answer = client("lambda").invoke(FunctionName=target["Arn"], Payload=payload.encode())
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise EvergreenError(f"{schedule_output} at {at}: {result.get('errorType')}: {result.get('errorMessage')}")
    return result
