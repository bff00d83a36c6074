"""Commit the batch whose `_SUCCESS` has arrived; a refused one goes into quarantine."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.datasets import Datasets
from evergreen.aws.deployed import deployed_project
from evergreen.aws.landed import batch_commits, quarantine_of
from evergreen.aws.ledger import Ledger
from evergreen.aws.monitor_metrics import publish
from evergreen.aws.objects import Objects
from evergreen.aws.settings import read
from evergreen.incident import reported
from evergreen.sources.batch import marked
from evergreen.times import instant, stamp
from lambdas.commit_batch.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """An event of EventBridge about an object → what became of the batch."""
    project, settings = deployed_project(), read(Settings)
    batch = marked(event["detail"]["object"]["key"], project.data.dataset)
    if batch is None:
        return {"outcome": "ignored"}
    objects, ledger = Objects(settings.data_bucket), Ledger(settings.ledger_table)
    commits = batch_commits(project, Datasets(objects, ledger), quarantine_of(project, objects, ledger))
    with tempfile.TemporaryDirectory() as scratch:
        result = commits.commit(batch, Path(scratch), as_of=stamp(instant(event["time"])))
    publish(settings.deployment, {"QuarantinedBatches": int(result.outcome == "quarantined")})
    logger.info("committed", batch=batch, outcome=result.outcome, version=result.version, warnings=result.warnings)
    return asdict(result)
