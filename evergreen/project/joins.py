"""`data.join`: columns that the rows get from other datasets of the same store when they are committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from evergreen.project.block import Block
from evergreen.project.units import Duration

DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


def parse_names(value: Any) -> Any:
    """`[origin]` → {origin: origin}; `{origin: airport}` is this dataset's name and the other's.

    >>> parse_names(["origin", "hour"])
    {'origin': 'origin', 'hour': 'hour'}
    """
    if isinstance(value, list):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("a list holds names of columns; to rename one, write a mapping: {mine: theirs}")
        if len(set(value)) < len(value):
            raise ValueError("a column is named twice")
        return {name: name for name in value}
    return value


_NAMES_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
    ]
}
Names = Annotated[dict[str, str], BeforeValidator(parse_names), Field(min_length=1), WithJsonSchema(_NAMES_SCHEMA)]


class Join(Block):
    """A left join: each row gets `columns` of the one row that has its keys, or of the newest before its time.

    `on` and `columns` map this dataset's names to the other's.
    """

    dataset: DatasetName
    on: Names
    columns: Names
    as_of: str | None = None
    within: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _yaml(cls, raw: object) -> object:
        """YAML 1.1 reads a bare `on` as true."""
        if isinstance(raw, dict) and True in raw and "on" not in raw:
            return {"on" if key is True else key: value for key, value in raw.items()}
        return raw

    @model_validator(mode="after")
    def _possible(self) -> Join:
        if self.within is not None and self.as_of is None:
            raise ValueError("within limits how old a row may be; it needs as_of, the other dataset's time")
        both = [name for name in self.columns if name in self.on]
        if both:
            raise ValueError(f"a key of the join cannot be one of its columns: {', '.join(both)}")
        return self


def misplaced(
    joins: list[Join], *, dataset: str, time: str | None, key: list[str], declared: list[str], exempt: list[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong between the joins and the rest of `data`, as (path, sentence)."""
    seen: dict[str, int] = {}
    for at, join in enumerate(joins):
        place = ("data", "join", at)
        if join.dataset == dataset:
            yield (*place, "dataset"), f"{dataset} is the project's own dataset; join another one"
        if join.as_of is not None and time is None:
            yield (*place, "as_of"), "as_of compares with this dataset's time; declare data.time"
        for name in join.columns:
            where = (*place, "columns")
            if name in seen:
                yield where, f"{name} comes from data.join[{seen[name]}] already; rename one: {{new_name: {name}}}"
            if name == time or name in key:
                yield where, f"{name} is the dataset's own time or key and cannot come from another dataset"
            if declared and name not in declared and name not in exempt:
                yield where, f"{name} is joined and not declared; declare it under data.columns, which is complete"
            seen.setdefault(name, at)
        late = [name for name in join.on if name in {n for later in joins[at:] for n in later.columns}]
        if late:
            yield (*place, "on"), f"{', '.join(late)} comes from this join or a later one; put that join first"
