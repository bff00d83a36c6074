"""EventBridge Scheduler's context attributes, which ministack leaves in the target's input as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge

from local.replay import substitute


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
