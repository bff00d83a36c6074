"""Refuses a data version that breaks the project's rules, judged from its profiles alone."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.datasets import Datasets
from evergreen.aws.deployed import deployed_project
from evergreen.aws.settings import read
from evergreen.incident import reported
from evergreen.times import instant
from evergreen.validation.version import accepted
from lambdas.validate_data.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{run}` → `{verdict, warnings}`; DataRefused lists every violation."""
    data = event["run"]["data"]
    datasets = Datasets(read(Settings).data_bucket)
    manifest = datasets.manifest(data["dataset"], data["manifest"])
    name, committed = f"{data['dataset']} {data['version']}", instant(manifest.committed_at)
    report = accepted(datasets.profile(manifest), deployed_project(), name=name, as_of=committed)
    warnings = [result.sentence for result in report.warnings]
    logger.info("accepted", run_id=event["run"]["run_id"], data_version=data["version"], warnings=len(warnings))
    return {"verdict": "ok", "warnings": warnings}
