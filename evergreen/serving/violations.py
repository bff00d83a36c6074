"""pydantic-core's findings as the sentences and field paths that a caller reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails, ValidationError

from evergreen.errors import InvalidRequest
from evergreen.wording import number_of

MAX_ERRORS = 20
MAX_NAME = 80

_Context = Mapping[str, Any]
_SENTENCES: dict[str, Callable[[_Context], str]] = {
    "missing": lambda _: "is required",
    "extra_forbidden": lambda _: "is not a known field",
    "dict_type": lambda _: "must be an object",
    "list_type": lambda _: "must be a list",
    "too_short": lambda _: "must not be empty",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number, not NaN or Infinity",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be a string",
}


def invalid(error: ValidationError, *, within: str) -> InvalidRequest:
    """The mistakes of a request, at most 20 of them, each with its path below `within`."""
    found = error.errors(include_url=False)
    listed = [{"field": path(within, detail["loc"]), "problem": _sentence(detail)} for detail in found[:MAX_ERRORS]]
    first = f"{listed[0]['field']} {listed[0]['problem']}"
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return InvalidRequest(f"The request has {number_of(len(found), 'mistake')}: {first}{more}.", listed)


def path(within: str, location: tuple[int | str, ...]) -> str:
    """A place in a request as a path.

    >>> path("rows", (0, "distance"))
    'rows[0].distance'
    """
    for part in location:
        within += f"[{part}]" if isinstance(part, int) else f".{part[:MAX_NAME]}"
    return within


def _sentence(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if detail.get("input") is None and kind not in ("missing", "extra_forbidden"):
        return "must not be null"
    if kind in _SENTENCES:
        return _SENTENCES[kind](detail.get("ctx", {}))
    return detail["msg"]
