"""Decide as of a time whether to retrain."""

from __future__ import annotations

from typing import Any

from evergreen.aws.deployed import deployed_project
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.retraining_starter import RetrainingStarter
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.times import instant
from lambdas.decide_retraining.settings import Settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Answer with the decision and, when it is yes, the run that it started."""
    settings = read(Settings)
    starter = RetrainingStarter(
        project=deployed_project(),
        data=Objects(settings.data_bucket),
        state=StateTable(settings.state_table),
        ledger=Ledger(settings.ledger_table),
        machine=settings.training_machine_arn,
    )
    return starter.decide(
        instant(event["as_of"]),
        dry_run=event.get("dry_run", False),
        requested_by=event.get("requested_by"),
        on_demand=event.get("on_demand", False),
    )
