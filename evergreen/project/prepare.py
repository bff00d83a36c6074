"""How rows are prepared for training: which are left out, and what becomes of values, then and in every request."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, ValidationError, model_validator

from evergreen.project.block import Block
from evergreen.project.named_rules import Span
from evergreen.project.rule_values import Condition, Key, Member
from evergreen.project.units import Spread, parse_spread

EVERY_COLUMN = "*"
Strategy = Literal["median", "mean", "most_frequent"]


class Duplicates(Block):
    """Rows that are alike in some columns, or in all (`*`): the first or the last of them is kept."""

    columns: Key
    keep: Literal["first", "last"] = "first"


class Constant(Block):
    """One value for all that are missing."""

    constant: Member


def _columns(value: Any) -> Any:
    return {"columns": value} if isinstance(value, str | list) else value


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return _block(Constant, value)
    if value not in get_args(Strategy):
        raise ValueError(f"is {value!r}; use one of {', '.join(get_args(Strategy))}, or {{constant: …}}")
    return value


def _bounded(value: Any) -> Any:
    return _block(Span, value) if isinstance(value, dict) else parse_spread(value)


def _block(kind: type[Block], value: dict[str, Any]) -> Block:
    """One mistake, of the mapping that it is, and not of all that could stand in its place."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ValueError("; ".join(_said(each) for each in error.errors())) from None


def _said(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    return f"{place}: {error['msg']}" if place else str(error["msg"]).removeprefix("Value error, ")


Fill = Annotated[Strategy | Constant, BeforeValidator(_filled)]
Bounds = Annotated[Spread | Span, BeforeValidator(_bounded)]


class Preparation(Block):
    """One step. Rows are left out before the split, outliers of the training rows only; values change everywhere."""

    drop_duplicates: Annotated[Duplicates, BeforeValidator(_columns)] | None = None
    filter: Condition | None = None
    drop_outliers: dict[str, Spread] | None = None
    clip: dict[str, Bounds] | None = None
    impute: dict[str, Fill] | None = None

    @model_validator(mode="after")
    def _one_step(self) -> Self:
        named = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"a step is exactly one of {', '.join(type(self).model_fields)}")
        if not getattr(self, named[0]):
            raise ValueError(f"{named[0]} names no column")
        return self

    @property
    def step(self) -> str:
        """The step's name."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    def __str__(self) -> str:
        """As a person reads it.

        >>> str(Preparation(clip={"distance": "3sd"}))
        'clip distance to 3 sd'
        """
        if self.drop_duplicates is not None:
            columns = ", ".join(self.drop_duplicates.columns).replace(EVERY_COLUMN, "all columns")
            return f"of rows alike in {columns} the {self.drop_duplicates.keep} is kept"
        if self.filter is not None:
            return f"only rows where {self.filter}"
        if self.drop_outliers is not None:
            beyond = ", ".join(f"{name} beyond {spread:g} sd" for name, spread in self.drop_outliers.items())
            return f"no training rows with {beyond}"
        if self.clip is not None:
            return "clip " + ", ".join(f"{name} to {_bounds(bounds)}" for name, bounds in self.clip.items())
        return "impute " + ", ".join(f"{name}: {_fill(fill)}" for name, fill in (self.impute or {}).items())


def _bounds(bounds: float | Span) -> str:
    if not isinstance(bounds, Span):
        return f"{bounds:g} sd"
    return " and ".join(f"{name} {value:g}" for name, value in bounds if value is not None)


def _fill(fill: str | Constant) -> str:
    return repr(fill.constant) if isinstance(fill, Constant) else fill
