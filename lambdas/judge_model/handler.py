"""Judges a candidate by its evaluation: gates, baselines and the champion rule."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.deployed import deployed_project
from evergreen.aws.objects import Objects, split_uri
from evergreen.aws.settings import read
from evergreen.evaluation.judgement import Evaluation, judge
from evergreen.incident import reported
from lambdas.judge_model.settings import Settings

logger = Logger()


@logger.inject_lambda_context
@reported(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """`{run}` → the judgement."""
    run = event["run"]
    _, prefix = split_uri(run["evaluation_uri"])
    evaluation = Evaluation.read(Objects(read(Settings).artifact_bucket).get(f"{prefix}evaluation.json"))
    judgement = judge(evaluation, deployed_project(), has_champion=run["champion"] is not None)
    logger.info("judged", run_id=run["run_id"], accepted=judgement.accepted)
    return judgement.model_dump(mode="json")
