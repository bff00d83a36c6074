"""Refuses a data version that breaks the project's rules, judged from its profiles alone."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.datasets import Datasets
from evergreen.aws.deployed import deployed_project
from evergreen.aws.settings import read
from evergreen.incident import reported
from evergreen.profiles.rules import accepted
from lambdas.validate_data.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{run}` → `{verdict, warnings}`; DataRefused lists every violation."""
    data = event["run"]["data"]
    datasets = Datasets(read(Settings).data_bucket)
    profile = datasets.profile(datasets.manifest(data["dataset"], data["manifest"]))
    warnings = accepted(profile, deployed_project(), name=f"{data['dataset']} {data['version']}")
    logger.info("accepted", run_id=event["run"]["run_id"], data_version=data["version"], warnings=len(warnings))
    return {"verdict": "ok", "warnings": list(warnings)}
