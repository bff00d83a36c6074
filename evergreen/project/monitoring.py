"""What is measured, when it starts a training run, and who hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from evergreen.project.block import Block
from evergreen.project.units import Duration


class Drift(Block):
    """When the features' distributions count as moved: size and significance. With `season`, a window is compared with
    the training rows of the same months, weekdays or hours.
    """

    every: Duration = timedelta(days=1)
    window: Duration = timedelta(days=7)
    psi: float = Field(default=0.1, gt=0)
    ks: float = Field(default=0.1, gt=0)
    min_rows: int = Field(default=500, ge=1)
    season: Literal["year", "week", "day"] | None = None


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
