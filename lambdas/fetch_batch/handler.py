"""Land what is new in the source as of a time; the marker of the batch calls commit_batch."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.datasets import Datasets
from evergreen.aws.deployed import deployed_project
from evergreen.aws.fetching import Fetcher
from evergreen.aws.objects import Objects
from evergreen.aws.settings import read
from evergreen.incident import reported
from evergreen.sources.quarantine import Quarantine
from evergreen.times import instant
from lambdas.fetch_batch.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{as_of}` → what was landed."""
    project, objects = deployed_project(), Objects(read(Settings).data_bucket)
    fetcher = Fetcher(project, Datasets(objects), Quarantine(objects, project.data.dataset))
    with tempfile.TemporaryDirectory() as scratch:
        fetched = fetcher.fetch(instant(event["as_of"]), Path(scratch))
    logger.info("fetched", as_of=event["as_of"], outcome=fetched.outcome, batch=fetched.batch, rows=fetched.rows)
    return asdict(fetched)
