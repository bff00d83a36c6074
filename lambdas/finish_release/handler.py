"""Last step of the release machine, after success and after any error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.release_desk import open_desk
from evergreen.aws.release_end import finish_release
from evergreen.aws.settings import read
from evergreen.incident import reported
from lambdas.finish_release.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{release_id, error?}` → the release's outcome."""
    settings = read(Settings)
    desk = open_desk(settings.deployment, state_table=settings.state_table, ledger_table=settings.ledger_table)
    result = finish_release(desk, event["release_id"], error=event.get("error"), now=datetime.now(UTC))
    logger.info("finished", release_id=result["release_id"], outcome=result["outcome"], reason=result["reason"])
    return result
