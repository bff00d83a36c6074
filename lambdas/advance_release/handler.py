"""The loop of the release machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evergreen.aws.release_course import advance_release
from evergreen.aws.release_desk import open_desk
from evergreen.aws.settings import read
from lambdas.advance_release.settings import Settings


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{release_id}` → `{status, wait_seconds, reason}`."""
    settings = read(Settings)
    desk = open_desk(settings.deployment, state_table=settings.state_table, ledger_table=settings.ledger_table)
    return advance_release(desk, event["release_id"], now=datetime.now(UTC))
