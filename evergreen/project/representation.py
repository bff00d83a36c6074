"""`data.representation`: the population that a column's groups are compared with on the datasheet."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, field_validator

from evergreen.project.block import Block
from evergreen.project.units import Share

TOLERANCE = 0.005  # published shares are rounded


def parse_groups(value: Any) -> Any:
    """YAML's `true`, `1` and `Female` are groups by the text that data has.

    >>> parse_groups({True: "10%", 0: "90%"})
    {'true': '10%', '0': '90%'}
    """
    if not isinstance(value, dict):
        return value
    return {str(name).lower() if isinstance(name, bool) else str(name): share for name, share in value.items()}


class Representation(Block):
    """One column's groups with their shares of the population that the model is for."""

    column: str
    population: Annotated[dict[str, Share], BeforeValidator(parse_groups)]

    @field_validator("population")
    @classmethod
    def _whole(cls, population: dict[str, float]) -> dict[str, float]:
        if len(population) < 2:
            raise ValueError("a population has at least two groups")
        empty = [name for name, share in population.items() if share == 0]
        if empty:
            raise ValueError(f"a group with a share of 0% is none: {', '.join(empty)}; leave it out")
        total = sum(population.values())
        if abs(total - 1) > TOLERANCE:
            raise ValueError(f"the groups' shares sum to {total:.1%}; they must sum to 100%")
        return population
