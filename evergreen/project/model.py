"""The objective, the recipe, and what a candidate must prove."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from evergreen.project.block import Block
from evergreen.project.units import Duration, Share

Problem = Literal["binary_classification", "multiclass_classification", "regression"]
Estimator = Literal["hist_gradient_boosting", "random_forest", "logistic_regression", "linear"]

# estimator -> problems it fits
ESTIMATORS: dict[Estimator, tuple[Problem, ...]] = {
    "hist_gradient_boosting": get_args(Problem),
    "random_forest": get_args(Problem),
    "logistic_regression": ("binary_classification", "multiclass_classification"),
    "linear": ("regression",),
}

# name -> (problems it fits, higher is better)
METRICS: dict[str, tuple[tuple[str, ...], bool]] = {
    "roc_auc": (("binary_classification", "multiclass_classification"), True),
    "accuracy": (("binary_classification", "multiclass_classification"), True),
    "f1": (("binary_classification",), True),
    "f1_macro": (("multiclass_classification",), True),
    "precision": (("binary_classification",), True),
    "recall": (("binary_classification",), True),
    "precision_at_recall_80": (("binary_classification",), True),
    "log_loss": (("binary_classification", "multiclass_classification"), False),
    "rmse": (("regression",), False),
    "mae": (("regression",), False),
    "r2": (("regression",), True),
}
DEFAULT_METRIC = {"binary_classification": "roc_auc", "multiclass_classification": "accuracy", "regression": "rmse"}


class Objective(Block):
    """What the model is for. `problem` and `metric` are inferred from the target when absent."""

    business: str | None = None
    problem: Problem | None = None
    metric: str | None = None
    baseline: float | None = None


class Training(Block):
    """The recipe: what is fitted, with which parameters, on what machine."""

    estimator: Estimator = "hist_gradient_boosting"
    parameters: dict[str, int | float | str | bool | None] = {}
    class_weight: Literal["none", "balanced"] = "none"
    seed: int = 0
    instance: str = "ml.m5.xlarge"
    time_limit: Duration = timedelta(hours=1)


class Gate(Block):
    """A metric's bounds: outside `min`/`max` the model is refused; `target` is only reported."""

    min: float | None = None
    max: float | None = None
    target: float | None = None


class ChampionRule(Block):
    """How a challenger must compare with the champion on the same rows."""

    must_be: Literal["not_worse", "better"] = "not_worse"
    tolerance: Share = 0.01
    confidence: Share = 0.95


class Evaluation(Block):
    """What a candidate must prove before it is registered."""

    gates: dict[str, Gate] = {}
    champion: ChampionRule = ChampionRule()
