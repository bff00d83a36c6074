"""Records how a run ended, in the state table and the ledger, and frees the lock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws import run_records
from evergreen.aws.ledger import Ledger
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.incident import reported
from lambdas.record_run.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{run, outcome, judgement?, model?, release?, error?}` → the run record."""
    settings = read(Settings)
    state, ledger = StateTable(settings.state_table), Ledger(settings.ledger_table)
    record = run_records.record_run(state, ledger, run_records.RunEnd.model_validate(event), now=datetime.now(UTC))
    logger.info("recorded", run_id=record["run_id"], outcome=record["outcome"])
    return record
