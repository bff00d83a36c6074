"""`project.yaml` as strict models: the one schema that every other part reads.

Only keys that work are here; keys that Evergreen knows but does not support are in `unsupported.py`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints, model_validator

from evergreen.project.block import Block
from evergreen.project.data import (
    Column,
    ColumnType,
    Data,
    Feature,
    Split,
    Target,
    TimePart,
    TimeParts,
)
from evergreen.project.joins import DatasetName, Join
from evergreen.project.model import (
    DEFAULT_METRIC,
    ESTIMATORS,
    METRICS,
    ChampionRule,
    Estimator,
    Evaluation,
    Gate,
    Objective,
    Problem,
    Training,
)
from evergreen.project.monitoring import Alerts, Drift, Monitoring, Quality, Retraining, SendTo, When
from evergreen.project.named_rules import Check, Length
from evergreen.project.representation import Representation
from evergreen.project.rule_values import Severity
from evergreen.project.rules import Outliers, Rules
from evergreen.project.serving import DEFAULT_STEPS, Endpoint, Quota, Release, RollBackWhen, Serving, Step

__all__ = [
    "DEFAULT_METRIC", "DEFAULT_STEPS", "ESTIMATORS", "METRICS", "Alerts", "Block", "ChampionRule", "Check",
    "Column", "ColumnType", "Data", "DatasetName", "Drift", "Endpoint", "Estimator", "Evaluation", "Feature",
    "Gate", "Join", "Length", "Monitoring", "Name", "Objective", "Outliers", "Problem", "Project", "Quality",
    "Quota", "Release", "Representation", "Retraining", "RollBackWhen", "Rules", "SendTo", "Serving", "Severity",
    "Split", "Step", "Target", "TimePart", "TimeParts", "Training", "When",
]  # fmt: skip

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]


class Project(Block):
    """One ML problem, resolved for one stage."""

    project: Name
    description: str | None = None
    stage: str = "local"
    objective: Objective = Objective()
    target: Target
    data: Data
    features: list[Feature] = []
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    release: Release = Release()
    serving: Serving = Serving()
    monitoring: Monitoring = Monitoring()
    retraining: Retraining = Retraining()
    alerts: Alerts = Alerts()
    protect_data: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_target(cls, raw: object) -> object:
        if isinstance(raw, dict) and isinstance(raw.get("target"), str):
            return {**raw, "target": {"name": raw["target"]}}
        return raw
