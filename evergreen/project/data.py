"""The target, the dataset and its columns, and the features made of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.project.block import Block
from evergreen.project.joins import DatasetName, Join
from evergreen.project.named_rules import Length
from evergreen.project.prepare import Preparation
from evergreen.project.representation import Representation
from evergreen.project.rule_values import ColumnType, Label, Regex
from evergreen.project.rules import Rules
from evergreen.project.source import Source
from evergreen.project.units import Duration, Number, Share

__all__ = [
    "Column", "ColumnType", "Data", "DatasetName", "Feature", "Rules", "Split", "Target", "TimePart", "TimeParts",
]  # fmt: skip

TimePart = Literal["hour", "day_of_week", "day_of_month", "month", "is_weekend"]


class Target(Block):
    """The column to predict: taken as it is, or computed by `from` (`arr_delay > 15`)."""

    name: str
    expression: str | None = Field(default=None, alias="from")
    positive: str | int | bool | None = None


class Column(Block):
    """One column's contract. `available: after_outcome` keeps it out of the features."""

    type: ColumnType
    description: str | None = None
    allowed: list[Label] | None = None
    min: Number | None = None
    max: Number | None = None
    missing: Share | None = None
    pattern: Regex | None = None
    length: Length | None = None
    unit: str | None = None
    encode: Literal["onehot", "target", "ordinal"] | None = None
    available: Literal["at_prediction", "after_outcome"] = "at_prediction"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.type != "number" and (self.min is not None or self.max is not None):
            raise ValueError(f"min and max need type number, and this column is a {self.type}")
        if self.type != "category" and (self.encode or self.allowed):
            raise ValueError(f"encode and allowed need type category, and this column is a {self.type}")
        if self.type not in ("category", "id") and (self.pattern or self.length):
            raise ValueError(f"pattern and length need type category or id, and this column is a {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


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
    join: list[Join] = []
    prepare: list[Preparation] = []
    rules: Rules = Rules()
    split: Split | None = None
    representation: list[Representation] = []
    source: Source | None = None

    @property
    def identifiers(self) -> frozenset[str]:
        """The columns whose values name somebody or something: nothing that a person reads shows one."""
        ids = [name for name, column in self.columns.items() if column.type == "id"]
        unique = [name for key in self.rules.unique for name in key if name != self.time]
        return frozenset((*ids, *self.key, *unique))


class TimeParts(Block):
    """Calendar features of one timestamp column."""

    of: str
    parts: list[TimePart] = ["hour", "day_of_week", "month", "is_weekend"]


class Feature(Block):
    """One derived feature."""

    time_parts: TimeParts
