"""Locks the training pipeline and resolves data, image, champion and recipe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evergreen.aws.deployed import deployed_project
from evergreen.aws.objects import Objects
from evergreen.aws.runs import RunRequest, Runs
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from lambdas.start_run.settings import Settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
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
    return runs.start(RunRequest.model_validate(event), now=datetime.now(UTC))
