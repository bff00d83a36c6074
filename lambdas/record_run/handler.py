"""Records how a run ended, in the state table and the ledger, and frees the lock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evergreen.aws import run_records
from evergreen.aws.ledger import Ledger
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from lambdas.record_run.settings import Settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """`{run, outcome, judgement?, model?, release?, error?}` → the run record."""
    settings = read(Settings)
    state, ledger = StateTable(settings.state_table), Ledger(settings.ledger_table)
    return run_records.record_run(state, ledger, run_records.RunEnd.model_validate(event), now=datetime.now(UTC))
