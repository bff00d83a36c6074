"""First step of the release machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.deployed import deployed_project
from evergreen.aws.release_desk import open_desk
from evergreen.aws.release_start import Hosting, ReleaseInput, start_release
from evergreen.aws.settings import read
from evergreen.incident import reported
from lambdas.start_release.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{execution, execution_arn, input}` → `{release_id, endpoint, wait_seconds}`."""
    settings = read(Settings)
    started = start_release(
        open_desk(settings.deployment, state_table=settings.state_table, ledger_table=settings.ledger_table),
        Hosting(settings.deployment, settings.model_role_arn, settings.data_key_arn, settings.data_bucket),
        deployed_project(),
        ReleaseInput.model_validate(event["input"]),
        execution=event["execution"],
        execution_arn=event["execution_arn"],
        now=datetime.now(UTC),
    )
    logger.info("started", **started)
    return started
