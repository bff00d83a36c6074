"""Decide as of a time whether to retrain."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.deployed import deployed_project
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.retraining_starter import RetrainingStarter
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.incident import reported
from evergreen.times import instant
from lambdas.decide_retraining.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with the decision and, when it is yes, the run that it started."""
    settings = read(Settings)
    starter = RetrainingStarter(
        project=deployed_project(),
        data=Objects(settings.data_bucket),
        state=StateTable(settings.state_table),
        ledger=Ledger(settings.ledger_table),
        machine=settings.training_machine_arn,
    )
    decision = starter.decide(
        instant(event["as_of"]),
        dry_run=event.get("dry_run", False),
        requested_by=event.get("requested_by"),
        on_demand=event.get("on_demand", False),
    )
    logger.info("decided", **{name: decision[name] for name in ("at", "decision", "reason", "run_id")})
    return decision
