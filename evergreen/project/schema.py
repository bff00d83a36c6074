"""`project.yaml` as strict models: the one schema that every other part reads.

Only keys that work are here; keys that Evergreen knows but does not support are in `unsupported.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from evergreen.project.units import Duration, Limit, Share

Problem = Literal["binary_classification", "multiclass_classification", "regression"]
Estimator = Literal["hist_gradient_boosting", "random_forest", "logistic_regression", "linear"]
ColumnType = Literal["number", "category", "boolean", "timestamp", "id"]
TimePart = Literal["hour", "day_of_week", "day_of_month", "month", "is_weekend"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]

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


class Block(BaseModel):
    """A mapping of the file: unknown keys are mistakes, values are never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, populate_by_name=True, allow_inf_nan=False)


class Objective(Block):
    """What the model is for. `problem` and `metric` are inferred from the target when absent."""

    business: str | None = None
    problem: Problem | None = None
    metric: str | None = None
    baseline: float | None = None


class Target(Block):
    """The column to predict: taken as it is, or computed by `from` (`arr_delay > 15`)."""

    name: str
    expression: str | None = Field(default=None, alias="from")
    positive: str | int | bool | None = None


class Column(Block):
    """One column's contract. `available: after_outcome` keeps it out of the features."""

    type: ColumnType
    description: str | None = None
    allowed: list[str | int | bool] | None = None
    min: float | None = None
    max: float | None = None
    missing: Share | None = None
    unit: str | None = None
    encode: Literal["onehot", "target", "ordinal"] | None = None
    available: Literal["at_prediction", "after_outcome"] = "at_prediction"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.type != "number" and (self.min is not None or self.max is not None):
            raise ValueError(f"min and max need type number, and this column is a {self.type}")
        if self.type != "category" and (self.encode or self.allowed):
            raise ValueError(f"encode and allowed need type category, and this column is a {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class Rules(Block):
    """What every data version must satisfy before it trains a model."""

    min_rows: int = Field(default=100, ge=1)
    missing: Share = 0.5


class Split(Block):
    """How rows are held out. By time, `validation` and `test` are durations; at random, shares."""

    by: Literal["time", "random"] = "random"
    validation: Duration | Share = 0.15
    test: Duration | Share = 0.15

    @model_validator(mode="before")
    @classmethod
    def _units(cls, raw: object) -> object:
        if isinstance(raw, dict) and raw.get("by") == "time":
            return {"validation": timedelta(days=7), "test": timedelta(days=7), **raw}
        return raw

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for key, value in (("validation", self.validation), ("test", self.test)):
            if self.by == "time" and not isinstance(value, timedelta):
                raise ValueError(f"{key}: a split by time holds out a duration such as 7d, not a share")
            if self.by == "random" and isinstance(value, timedelta):
                raise ValueError(f"{key}: a random split holds out a share such as 15%, not a duration")
        if self.by == "random" and float(self.validation) + float(self.test) >= 0.9:  # type: ignore[arg-type]
            raise ValueError("validation and test together leave less than 10% of the rows for training")
        return self


class Data(Block):
    """The dataset the model learns from."""

    dataset: DatasetName
    time: str | None = None
    key: list[str] = []
    new_files: Literal["append", "replace"] = "append"
    columns: dict[str, Column] = {}
    rules: Rules = Rules()
    split: Split | None = None


class TimeParts(Block):
    """Calendar features of one timestamp column."""

    of: str
    parts: list[TimePart] = ["hour", "day_of_week", "month", "is_weekend"]


class Feature(Block):
    """One derived feature."""

    time_parts: TimeParts


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


class Step(Block):
    """One step of a release: a share of the traffic until `requests` answers are in."""

    share: Share
    requests: int = Field(default=500, ge=1)
    at_least: Duration = timedelta(0)
    at_most: Duration = timedelta(hours=24)


class RollBackWhen(Block):
    """Limits on the challenger's own traffic; crossing one, beyond chance, rolls the release back."""

    error_rate: Limit = 0.01
    model_latency_p99: Limit | None = None
    score_psi: Limit | None = None


DEFAULT_STEPS = [
    Step(share=0.05, requests=1500, at_least=timedelta(minutes=10)),
    Step(share=0.25, requests=3000, at_least=timedelta(minutes=10)),
    Step(share=1.0, requests=500),
]


class Release(Block):
    """How traffic moves from the champion to the challenger."""

    strategy: Literal["canary", "all_at_once"] = "canary"
    steps: list[Step] = DEFAULT_STEPS
    bake: Duration = timedelta(hours=1)
    check_every: Duration = timedelta(seconds=30)
    roll_back_when: RollBackWhen = RollBackWhen()

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        shares = [step.share for step in self.steps]
        if self.strategy == "canary" and (not shares or shares != sorted(set(shares)) or shares[-1] != 1.0):
            raise ValueError("steps: shares must rise from step to step and end at 100%")
        return self


class Endpoint(Block):
    """The instances behind each model version."""

    instance: str = "ml.m5.large"
    count: int = Field(default=1, ge=1)


class Quota(Block):
    """The API's usage plan, per key."""

    per_second: float = Field(default=50, gt=0)
    burst: int = Field(default=100, ge=1)
    per_day: int = Field(default=100_000, ge=1)


class Serving(Block):
    """The prediction API."""

    endpoint: Endpoint = Endpoint()
    auth: Literal["api_key"] = "api_key"
    quota: Quota = Quota()
    max_rows: int = Field(default=1000, ge=1, le=10_000)


class Drift(Block):
    """When the features' distributions count as moved (`statistics`: size and significance)."""

    every: Duration = timedelta(days=1)
    window: Duration = timedelta(days=7)
    psi: float = Field(default=0.1, gt=0)
    ks: float = Field(default=0.1, gt=0)
    min_rows: int = Field(default=500, ge=1)


class Quality(Block):
    """When the predictions count as worse than promised. `fall` is against the evaluation's own figure."""

    every: Duration = timedelta(days=1)
    window: Duration = timedelta(days=7)
    min: float | None = None
    max: float | None = None
    fall: float = Field(default=0.05, gt=0)
    min_labels: int = Field(default=200, ge=10)


class Monitoring(Block):
    """The scheduled measurements."""

    drift: Drift = Drift()
    quality: Quality = Quality()


class When(Block):
    """The triggers of a retraining."""

    quality_falls: bool = True
    data_drift: bool = True
    older_than: Duration | None = timedelta(days=90)
    new_rows: int | None = Field(default=None, ge=1)


class Retraining(Block):
    """When a trigger becomes a training run."""

    when: When = When()
    every: Duration = timedelta(days=1)
    in_a_row: int = Field(default=2, ge=1)
    cooldown: Duration = timedelta(days=3)


class SendTo(Block):
    """Who hears of alerts."""

    email: list[Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]] = []


class Alerts(Block):
    """Where findings and alarms are sent."""

    send_to: SendTo = SendTo()


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
