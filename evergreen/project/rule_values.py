"""What a rule compares with: bounds, members of a list, keys, conditions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from evergreen.project.expression import parse_expression
from evergreen.project.regex import check_regex
from evergreen.project.units import parse_number
from evergreen.times import instant

ColumnType = Literal["number", "category", "boolean", "timestamp", "id"]
Severity = Literal["error", "warning"]


def _key(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _regex(text: str) -> str:
    check_regex(text)
    return text


def _condition(text: str) -> str:
    parse_expression(text)
    return text


def _bound(value: Any) -> int | float | datetime:
    """A number, or a time: as YAML reads it, or as a text."""
    try:
        return instant(str(value)) if isinstance(value, date) else parse_number(value)
    except ValueError:
        pass
    try:
        return instant(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is neither a number nor an ISO 8601 time") from None


def _member(value: Any) -> str | int | float | bool:
    """One value of a list; a time is written as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (str, bool)):
        return value
    if value is None:
        raise ValueError("null is a missing value, which no list of values judges; see column_values_to_not_be_null")
    try:
        return parse_number(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a text, a finite number, a time, true or false") from None


def _listed(value: Any) -> str | int:
    """One value of a category, which holds texts; YAML takes a bare Yes or true for a boolean."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is no text, and a category holds texts; write it in quotes, as the data spells it")


# One column, or several that are a key together.
Key = Annotated[
    list[str],
    BeforeValidator(_key),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Regex = Annotated[str, AfterValidator(_regex)]
Bound = Annotated[
    int | float | datetime,
    BeforeValidator(_bound),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "format": "date-time"}]}),
]
Member = Annotated[
    str | int | float | bool, BeforeValidator(_member), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Label = Annotated[str | int, BeforeValidator(_listed), WithJsonSchema({"type": ["string", "integer"]})]
Condition = Annotated[str, AfterValidator(_condition)]
