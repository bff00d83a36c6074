"""The loop of the release machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.release_course import advance_release
from evergreen.aws.release_desk import open_desk
from evergreen.aws.settings import read
from evergreen.incident import reported
from lambdas.advance_release.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{release_id}` → `{status, wait_seconds, reason}`."""
    settings = read(Settings)
    desk = open_desk(settings.deployment, state_table=settings.state_table, ledger_table=settings.ledger_table)
    status = advance_release(desk, event["release_id"], now=datetime.now(UTC))
    logger.info("judged", release_id=event["release_id"], **status)
    return status
