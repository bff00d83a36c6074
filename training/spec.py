"""What `prepare` tells `train` (`spec.json`): the problem, the columns and their roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evergreen.features.fit import Source
from evergreen.features.values import Field

FORMAT = 1


@dataclass(frozen=True)
class Spec:
    """A prepared data set. `sources` say what features are made of `columns`."""

    project: str
    problem: str
    metric: str
    target: str
    classes: tuple[Any, ...] | None
    time: str | None
    columns: tuple[Field, ...]
    passthrough: tuple[Field, ...]
    sources: tuple[Source, ...]
    rows: Mapping[str, int]
    left_out: Mapping[str, str]

    @property
    def positive(self) -> Any:
        """The positive class of two."""
        return self.classes[-1] if self.classes and self.problem == "binary_classification" else None

    def to_json(self) -> dict[str, Any]:
        """The spec as its file has it."""
        return {
            **vars(self),
            "format": FORMAT,
            "classes": None if self.classes is None else list(self.classes),
            "columns": [field.to_json() for field in self.columns],
            "passthrough": [field.to_json() for field in self.passthrough],
            "sources": [{**vars(source), "parts": list(source.parts)} for source in self.sources],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Spec:
        """Read what `to_json` wrote."""
        classes = raw["classes"]
        return cls(
            project=raw["project"],
            problem=raw["problem"],
            metric=raw["metric"],
            target=raw["target"],
            classes=None if classes is None else tuple(classes),
            time=raw["time"],
            columns=tuple(Field.from_json(field) for field in raw["columns"]),
            passthrough=tuple(Field.from_json(field) for field in raw["passthrough"]),
            sources=tuple(Source(**{**source, "parts": tuple(source["parts"])}) for source in raw["sources"]),
            rows=raw["rows"],
            left_out=raw["left_out"],
        )
