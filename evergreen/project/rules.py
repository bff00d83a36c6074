"""What a data version must satisfy: the short rules, and named checks."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.project.block import Block
from evergreen.project.named_rules import Check
from evergreen.project.rule_values import Key, Severity
from evergreen.project.units import Duration, Share, Spread

# The short rules, as they are written in the file: those of data.rules, and those of a column.
ShortRule = Literal[
    "min_rows", "max_rows", "missing", "unique", "outliers", "fresh", "min", "max", "allowed", "pattern", "length"
]


class Outliers(Block):
    """How many values of a number may lie further from its mean than `beyond` standard deviations."""

    beyond: Spread = 3.0
    at_most: Share = 0.05


class Rules(Block):
    """What every data version must satisfy: a broken rule refuses the data, one that `warn` names is only reported."""

    min_rows: int = Field(default=100, ge=1)
    max_rows: int | None = Field(default=None, ge=1)
    missing: Share = 0.5
    unique: list[Key] = []
    outliers: Outliers | None = None
    fresh: Duration | None = None
    warn: list[ShortRule] = []
    checks: list[Check] = []

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.max_rows is not None and self.max_rows < self.min_rows:
            raise ValueError(f"max_rows {self.max_rows} is below min_rows {self.min_rows}")
        return self

    def severity(self, rule: str) -> Severity:
        """What a broken short rule does."""
        return "warning" if rule in self.warn else "error"
