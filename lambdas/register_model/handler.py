"""Signs a model's artifact and registers it as a new model version."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.registry import Registry
from evergreen.aws.settings import read
from evergreen.aws.signing import SigningKey
from evergreen.aws.state import StateTable
from evergreen.incident import reported
from evergreen.registration import Judged, Run
from lambdas.register_model.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{run, judgement}` → the model record."""
    settings = read(Settings)
    registry = Registry(
        state=StateTable(settings.state_table),
        ledger=Ledger(settings.ledger_table),
        artifacts=Objects(settings.artifact_bucket),
        group=settings.model_package_group,
        key=SigningKey(settings.signing_key_id),
    )
    record = registry.register(Run.model_validate(event["run"]), Judged.model_validate(event["judgement"]))
    logger.info("registered", run_id=record["run_id"], model_version=record["model_version"], digest=record["digest"])
    return record
