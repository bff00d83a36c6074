"""Judges a candidate by its evaluation: gates, baselines and the champion rule."""

from __future__ import annotations

from typing import Any

from evergreen.aws.deployed import deployed_project
from evergreen.aws.objects import Objects, split_uri
from evergreen.aws.settings import read
from evergreen.evaluation.judgement import Evaluation, judge
from lambdas.judge_model.settings import Settings


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """`{run}` → the judgement."""
    run = event["run"]
    _, prefix = split_uri(run["evaluation_uri"])
    evaluation = Evaluation.read(Objects(read(Settings).artifact_bucket).get(f"{prefix}evaluation.json"))
    judgement = judge(evaluation, deployed_project(), has_champion=run["champion"] is not None)
    return judgement.model_dump(mode="json")
