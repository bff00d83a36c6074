"""The contract: what a request row must hold, and how it becomes the model's input and the model's output an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from evergreen.features.encoder import Encoder, Matrix
from evergreen.features.rows import RowPlan
from evergreen.features.values import Column, Field, Row, columns_of

FORMAT = 1


@dataclass(frozen=True)
class Target:
    """What is predicted. Of two classes the last is positive; a regression answers score × scale + mean."""

    name: str
    classes: tuple[Any, ...] | None = None
    positive: Any = None
    mean: float | None = None
    scale: float | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Target:
        """Read what `to_json` wrote."""
        classes = raw["classes"]
        return cls(raw["name"], None if classes is None else tuple(classes), raw["positive"], raw["mean"], raw["scale"])

    def to_json(self) -> dict[str, Any]:
        """The target as contract.json has it."""
        return {**vars(self), "classes": None if self.classes is None else list(self.classes)}


@dataclass(frozen=True)
class Contract:
    """One model's contract with its callers (`contract.json`)."""

    project: str
    problem: str
    target: Target
    time: str | None
    columns: tuple[Field, ...]
    passthrough: tuple[Field, ...]
    encoder: Encoder
    threshold: float = 0.5

    @cached_property
    def _encoded(self) -> list[Field]:
        used = set(self.encoder.columns)
        return [field for field in self.columns if field.name in used]

    @cached_property
    def _row_plan(self) -> RowPlan:
        return RowPlan(self.encoder.blocks, self.columns, self.encoder.repairs)

    def encode(self, rows: Sequence[Row]) -> Matrix:
        """Return the matrix of request rows; InvalidRequest names a field that does not fit."""
        if len(rows) == 1 and (features := self._row_plan.raw(rows[0])) is not None:
            return self.encoder.finish(np.array([features]))
        return self.encode_columns(columns_of(rows, self._encoded))

    def encode_columns(self, columns: Mapping[str, Column]) -> Matrix:
        """Return the matrix of whole columns: bit for bit what `encode` gives for the same rows."""
        return self.encoder.encode_columns(columns)

    @classmethod
    def from_json(cls, raw: bytes | str | Mapping[str, Any]) -> Contract:
        """Read `contract.json`."""
        document = json.loads(raw) if isinstance(raw, bytes | str) else raw
        if document.get("format") != FORMAT:
            raise ValueError(f"contract.json has format {document.get('format')!r}, and this code reads {FORMAT}")
        return cls(
            project=document["project"],
            problem=document["problem"],
            target=Target.from_json(document["target"]),
            time=document["time"],
            columns=tuple(Field.from_json(field) for field in document["columns"]),
            passthrough=tuple(Field.from_json(field) for field in document["passthrough"]),
            encoder=Encoder.from_json(document["encoder"]),
            threshold=document["threshold"],
        )

    def to_json(self) -> dict[str, Any]:
        """The contract as its file has it."""
        return {
            "format": FORMAT,
            "project": self.project,
            "problem": self.problem,
            "target": self.target.to_json(),
            "time": self.time,
            "columns": [field.to_json() for field in self.columns],
            "passthrough": [field.to_json() for field in self.passthrough],
            "encoder": self.encoder.to_json(),
            "feature_names": self.encoder.feature_names,
            "threshold": self.threshold,
        }
