"""Measure quality on the window that ends at `as_of`."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.deployed import deployed_project
from evergreen.aws.ledger import Ledger
from evergreen.aws.monitor_metrics import publish
from evergreen.aws.objects import Objects
from evergreen.aws.quality_monitor import QualityMonitor
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.incident import reported
from evergreen.times import instant
from lambdas.measure_quality.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with the finding."""
    settings = read(Settings)
    monitor = QualityMonitor(
        deployed_project(),
        data=Objects(settings.data_bucket),
        artifacts=Objects(settings.artifact_bucket),
        state=StateTable(settings.state_table),
        ledger=Ledger(settings.ledger_table),
    )
    finding = monitor.measure(instant(event["as_of"]))
    values = {"ml_model_quality": finding["value"], "ml_model_accuracy": finding["accuracy"]}
    publish(settings.deployment, values | {"QualityBreaches": int(finding["verdict"] == "breach")})
    logger.info("measured", as_of=event["as_of"], verdict=finding["verdict"], value=finding["value"])
    return finding
