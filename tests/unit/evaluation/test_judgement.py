from __future__ import annotations

import json
from typing import Any

import pytest

from evergreen.errors import ArtifactRefused
from evergreen.evaluation.judgement import Comparison, Evaluation, Judgement, judge
from evergreen.project.reader import parse_project

NAN = float("nan")


def judged(
    evaluation: dict[str, Any], rules: str = "{}", *, metric: str = "roc_auc", champion: bool = False
) -> Judgement:
    document = {"metric": metric, "rows": 100, "metrics": {metric: 0.7}} | evaluation
    problem = "regression" if metric in ("rmse", "mae", "r2") else "binary_classification"
    project = parse_project(
        f"project: p\ntarget: y\ndata: {{dataset: d}}\n"
        f"objective: {{problem: {problem}, metric: {metric}, baseline: 0.5}}\n"
        f"evaluation: {rules}"
    )
    if metric == "rmse":
        project = project.model_copy(update={"objective": project.objective.model_copy(update={"baseline": None})})
    return judge(Evaluation.read(json.dumps(document).encode()), project, has_champion=champion)


def compared(difference: float, low: float, high: float, **more: Any) -> dict[str, Any]:
    figures = {"metric": "roc_auc", "difference": difference, "low": low, "high": high, "confidence": 0.95, "rows": 100}
    return {"comparison": figures | more, "champion_metrics": {"roc_auc": 0.7, "rmse": 200.0}}


def test_accepts_a_first_model_when_no_gate_is_declared() -> None:
    judgement = judged({})

    assert judgement.accepted
    assert judgement.reference_metric == 0.7
    assert judgement.reasons == ("roc_auc 0.7 is better than objective.baseline, 0.5",)


@pytest.mark.parametrize(
    ("gates", "reason"),
    [
        ("{roc_auc: {min: 0.75}}", "roc_auc 0.7 is below the gate 0.75"),
        ("{log_loss: {max: 0.6}}", "log_loss 0.65 is above the gate 0.6"),
        ("{recall: {min: 0.1}}", "recall was not measured, and a gate asks for it"),
        ("{precision: {min: 0.1}}", "precision was not measured, and a gate asks for it"),
        ("{f1: {min: 0.1}}", "f1 was not measured, and a gate asks for it"),
    ],
)
def test_refuses_a_model_that_fails_a_gate_or_was_not_measured(gates: str, reason: str) -> None:
    metrics = {"roc_auc": 0.7, "log_loss": 0.65, "precision": NAN, "f1": None}

    judgement = judged({"metrics": metrics}, f"{{gates: {gates}}}")

    assert not judgement.accepted
    assert judgement.reasons == (reason,)


def test_a_target_is_reported_and_refuses_nothing() -> None:
    judgement = judged({}, "{gates: {roc_auc: {min: 0.6, target: 0.8}}}")

    assert judgement.accepted
    assert judgement.reasons[-1] == "roc_auc 0.7 is within its gate and does not reach its target 0.8"


@pytest.mark.parametrize("metrics", [{}, {"roc_auc": None}, {"roc_auc": NAN}, {"roc_auc": float("inf")}])
def test_refuses_a_model_whose_metric_was_not_measured(metrics: dict[str, Any]) -> None:
    judgement = judged({"metrics": metrics})

    assert not judgement.accepted
    assert judgement.reasons == ("roc_auc, the metric of this project, was not measured",)
    assert judgement.reference_metric is None


def test_refuses_a_model_that_does_not_beat_the_trivial_baseline() -> None:
    judgement = judged({"baseline_metrics": {"roc_auc": 0.7}})

    assert judgement.reasons == ("roc_auc 0.7 equals the trivial baseline, 0.7",)
    assert not judgement.accepted


def test_refuses_a_model_below_the_declared_baseline() -> None:
    assert not judged({"metrics": {"roc_auc": 0.49}}).accepted


def test_a_loss_is_better_when_it_is_lower() -> None:
    assert judged({"metrics": {"rmse": 10.0}, "baseline_metrics": {"rmse": 12.0}}, metric="rmse").accepted
    assert not judged({"metrics": {"rmse": 13.0}, "baseline_metrics": {"rmse": 12.0}}, metric="rmse").accepted


@pytest.mark.parametrize(
    ("rule", "interval", "accepted"),
    [
        ("{}", (0.02, 0.01, 0.03), True),
        ("{}", (0.0, -0.009, 0.009), True),
        ("{}", (0.0, -0.011, 0.011), False),
        ("{}", (-0.05, -0.06, -0.04), False),
        ("{tolerance: 2%}", (0.0, -0.011, 0.011), True),
        ("{must_be: better}", (0.02, 0.01, 0.03), True),
        ("{must_be: better}", (0.02, -0.001, 0.03), False),
        ("{confidence: 99%}", (0.02, 0.01, 0.03), False),
    ],
)
def test_applies_the_champion_rule_to_the_interval(
    rule: str, interval: tuple[float, float, float], accepted: bool
) -> None:
    judgement = judged(compared(*interval), f"{{champion: {rule}}}", champion=True)

    assert judgement.accepted is accepted


def test_reports_a_challenger_that_equals_the_champion_within_noise() -> None:
    judgement = judged(compared(0.001, -0.004, 0.006), champion=True)

    assert judgement.reasons[-1] == (
        "roc_auc against the champion on the same 100 rows: +0.001 [-0.004, +0.006] "
        "is proven not worse by more than 0.01, equal within noise"
    )


def test_the_margin_of_a_loss_is_a_share_of_the_champions_own() -> None:
    within = compared(0.0, -1.9, 1.9, metric="rmse")
    beyond = compared(0.0, -2.1, 2.1, metric="rmse")

    assert judged({"metrics": {"rmse": 200.0}} | within, metric="rmse", champion=True).accepted
    assert not judged({"metrics": {"rmse": 200.0}} | beyond, metric="rmse", champion=True).accepted


@pytest.mark.parametrize("evaluation", [{}, {"comparison": None}, compared(0.1, NAN, 0.2)])
def test_refuses_a_challenger_that_was_not_compared(evaluation: dict[str, Any]) -> None:
    judgement = judged(evaluation, champion=True)

    assert not judgement.accepted
    assert judgement.comparison is None


def test_a_judgement_is_plain_json() -> None:
    judgement = judged({"metrics": {"roc_auc": 0.7, "f1": NAN}} | compared(0.1, 0.05, 0.2), champion=True)

    document = json.loads(json.dumps(judgement.model_dump(mode="json"), allow_nan=False))

    assert document["accepted"] is True
    assert document["metrics"] == {"roc_auc": 0.7, "f1": None}
    assert document["comparison"]["low"] == 0.05


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"metric": "roc_auc", "metrics": {"roc_auc": "x"}, "rows": 1}']
)
def test_refuses_a_file_that_is_no_evaluation(content: bytes) -> None:
    with pytest.raises(ArtifactRefused, match=r"evaluation\.json is not an evaluation"):
        Evaluation.read(content)


def test_keeps_what_else_a_comparison_says() -> None:
    assert Comparison.model_validate(compared(0, 0, 0, blocks=7, method="bootstrap")["comparison"]).blocks == 7
