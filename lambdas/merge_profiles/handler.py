"""Merges the profiles of a version's objects, or lists the objects that have none."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.datasets import Datasets
from evergreen.aws.settings import read
from evergreen.incident import reported
from lambdas.merge_profiles.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{dataset, manifest}` → `{objects, missing, listed}`; the profile is there when none is missing."""
    from evergreen.data.profiling import merge_version  # the tables layer, which only the work itself needs

    datasets = Datasets(read(Settings).data_bucket)
    merged = merge_version(datasets.store, datasets.manifest(event["dataset"], event["manifest"]))
    logger.info("merged", manifest=event["manifest"], objects=merged.objects, missing=merged.missing)
    return asdict(merged)
