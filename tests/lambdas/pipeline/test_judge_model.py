from __future__ import annotations

import json
from typing import Any

import pytest

from evergreen.errors import ArtifactRefused, NotFound
from lambdas.judge_model.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.pipeline.conftest import Cloud

pytestmark = pytest.mark.usefixtures("project")
EVALUATION = {
    "metric": "roc_auc",
    "metrics": {"roc_auc": 0.7, "log_loss": 0.5},
    "baseline_metrics": {"roc_auc": 0.5},
    "champion_metrics": None,
    "comparison": None,
    "rows": 100,
    "reference_metric": 0.7,
    "problem": "binary_classification",
    "threshold": 0.5,
}


def judge(cloud: Cloud, evaluation: dict[str, Any], champion: dict[str, str] | None = None) -> dict[str, Any]:
    cloud.artifacts.put("evaluations/run-1/evaluation.json", json.dumps(evaluation).encode())
    return handler(
        {"run": {"run_id": "run-1", "evaluation_uri": "s3://artifacts/evaluations/run-1/", "champion": champion}},
        CONTEXT,
    )


def test_accepts_a_model_that_passes_its_gates(cloud: Cloud) -> None:
    judgement = judge(cloud, EVALUATION)

    assert judgement["accepted"]
    assert (judgement["metric"], judgement["reference_metric"]) == ("roc_auc", 0.7)
    assert judgement["champion_metrics"] is None


def test_refuses_a_model_that_fails_a_gate(cloud: Cloud) -> None:
    judgement = judge(cloud, EVALUATION | {"metrics": {"roc_auc": 0.55}})

    assert not judgement["accepted"]
    assert judgement["reasons"] == ["roc_auc 0.55 is below the gate 0.6"]


def test_refuses_a_model_that_was_not_compared_with_the_champion(cloud: Cloud) -> None:
    assert not judge(cloud, EVALUATION, champion={"model_version": "1.0.0"})["accepted"]


def test_judges_nothing_without_an_evaluation(cloud: Cloud) -> None:
    with pytest.raises(ArtifactRefused, match="is not an evaluation"):
        judge(cloud, {})
    with pytest.raises(NotFound):
        handler(
            {"run": {"run_id": "run-1", "evaluation_uri": "s3://artifacts/evaluations/run-2/", "champion": None}},
            CONTEXT,
        )
