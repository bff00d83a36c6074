"""Locks the training pipeline and resolves data, image, champion and recipe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.deployed import deployed_project
from evergreen.aws.objects import Objects
from evergreen.aws.runs import RunRequest, Runs
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.incident import reported
from lambdas.start_run.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{execution, execution_arn, input}` → the run."""
    settings = read(Settings)
    runs = Runs(
        project=deployed_project(),
        deployment=settings.deployment,
        state=StateTable(settings.state_table),
        data=Objects(settings.data_bucket),
        artifacts=Objects(settings.artifact_bucket),
        image_uri=settings.image_uri,
    )
    run = runs.start(RunRequest.model_validate(event), now=datetime.now(UTC))
    logger.info("resolved", run_id=run["run_id"], data_version=run["data"]["version"], answered=run["answered"])
    return run
