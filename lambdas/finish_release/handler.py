"""Last step of the release machine, after success and after any error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evergreen.aws.release_desk import open_desk
from evergreen.aws.release_end import finish_release
from evergreen.aws.settings import read
from lambdas.finish_release.settings import Settings


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{release_id, error?}` → the release's outcome."""
    settings = read(Settings)
    desk = open_desk(settings.deployment, state_table=settings.state_table, ledger_table=settings.ledger_table)
    return finish_release(desk, event["release_id"], error=event.get("error"), now=datetime.now(UTC))
