"""Profiles the objects of a batch that have no profile; asked again, it finds them and does nothing."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.objects import Objects
from evergreen.aws.settings import read
from evergreen.incident import reported
from lambdas.profile_objects.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{objects: [{sha256}]}` → `{made, refused, first}`: how many, and what is wrong with the first refused one."""
    from evergreen.data.profiling import profile_objects  # the tables layer, which only the work itself needs

    done = profile_objects(Objects(read(Settings).data_bucket), [item["sha256"] for item in event["objects"]])
    logger.info("profiled", objects=len(event["objects"]), made=done.made, refused=list(done.refused))
    return {"made": done.made, "refused": len(done.refused), "first": next(iter(done.refused), None)}
