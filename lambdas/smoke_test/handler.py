"""Second step of the release machine, once the endpoint is in service."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.model_check import smoke_test
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.aws.traffic import TrafficTable
from evergreen.incident import reported
from evergreen.serving.traffic import challenger_of
from lambdas.smoke_test.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{release_id}` → `{rows}` compared; raises ArtifactRefused or ModelUnavailable."""
    settings = read(Settings)
    traffic = TrafficTable(StateTable(settings.state_table), salt=settings.deployment).read()
    challenger = challenger_of(traffic, release_id=event["release_id"])
    rows = smoke_test(challenger, name=event["release_id"])
    logger.info("answers as evaluated", release_id=event["release_id"], rows=rows)
    return {"rows": rows}
