"""EventBridge Scheduler's context attributes, which ministack leaves in the target's input as they are."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge


def install() -> None:
    """Substitute when a schedule fires."""
    eventbridge._invoke_target = _substituting(eventbridge._invoke_target)


def _substituting(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> Any:
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            at = datetime.fromtimestamp(event["Time"], UTC)
            target = {**target, "Input": substitute(target["Input"], at=at, schedule_arn=rule.get("Arn", ""))}
        return invoke(target, event, rule, view)

    return invoke_target


def substitute(text: str, *, at: datetime, schedule_arn: str) -> str:
    """An input with the attributes of one firing."""
    attributes = {
        "<aws.scheduler.scheduled-time>": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.schedule-arn>": schedule_arn,
        "<aws.scheduler.attempt-number>": "1",
    }
    for name, value in attributes.items():
        text = text.replace(name, value)
    return text
