"""The units a project file is written in: durations, shares, limits.

Each type reads the spelling of `project.yaml` (`7d`, `5%`, `"> 50ms"`) and the JSON form of a resolved project.
"""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST = 36_500 * _SECONDS["d"]  # a time of our days minus a century is still a time
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)\s*$")
_SHARE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*%\s*$")
_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB)\s*$")
_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_SPREAD = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*sd\s*$")
_WHOLE = re.compile(r"^[+-]?\d{1,400}$")
_NUMBER = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_LARGEST = sys.float_info.max
_LIMIT = re.compile(r"^\s*>\s*(\d+(?:\.\d+)?)\s*(%|ms|s)?\s*$")


def parse_duration(value: Any) -> timedelta:
    """`10m`, `7d`, `1.5h` → timedelta; a number of seconds is the JSON form.

    >>> parse_duration("7d")
    datetime.timedelta(days=7)
    """
    if isinstance(value, timedelta):
        return value
    seconds = value
    if isinstance(value, str) and (found := _DURATION.match(value)):
        seconds = float(found[1]) * _SECONDS[found[2]]
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
        if not 0 <= seconds <= _LONGEST:
            raise ValueError(f"{value!r} is not a duration from 0s to {_LONGEST / _SECONDS['d']:g}d")
        return timedelta(seconds=seconds)
    raise ValueError(f"{value!r} is not a duration; write a number and a unit, such as 30s, 10m, 12h or 7d")


def parse_share(value: Any) -> float:
    """`5%` → 0.05; a bare number between 0 and 1 is a share already.

    >>> parse_share("5%")
    0.05
    """
    if isinstance(value, str) and (found := _SHARE.match(value)):
        share = float(found[1]) / 100
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError(f"{value!r} is not a share; write a percentage such as 5%")
    if not 0 <= share <= 1:
        raise ValueError(f"{value!r} is not between 0% and 100%")
    return share


def parse_size(value: Any) -> int:
    """`500MB` → 500,000,000; a bare number is bytes.

    >>> parse_size("1.5GB")
    1500000000
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and (found := _SIZE.match(value)):
        return int(float(found[1]) * _BYTES[found[2]])
    raise ValueError(f"{value!r} is not a size; write a number and a unit, such as 500MB")


def parse_spread(value: Any) -> float:
    """`3sd` → 3.0: so many standard deviations; a bare number is the JSON form.

    >>> parse_spread("3sd")
    3.0
    """
    found = _SPREAD.match(value) if isinstance(value, str) else None
    number = float(found[1]) if found else value
    if isinstance(number, (int, float)) and not isinstance(number, bool) and not number <= 0:
        return float(number)
    raise ValueError(f"{value!r} is not a number of standard deviations; write one above 0, such as 3sd")


def parse_number(value: Any) -> int | float:
    """A whole number of any size stays whole: doubles tell integers apart up to 2⁵³ only.

    >>> parse_number("9007199254740993")
    9007199254740993
    """
    if isinstance(value, str) and _WHOLE.match(value):
        value = int(value)
    elif isinstance(value, str) and _NUMBER.match(value):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST:
        return value
    shown = value.isoformat() if isinstance(value, date) else repr(value)
    raise ValueError(f"{shown} is not a finite number")


def parse_whole(value: Any) -> int:
    """A count: 0, 1, 2, …; 2.0 is 2."""
    found = parse_number(value)
    if found < 0 or found != int(found):
        raise ValueError(f"{value!r} is not a whole number from 0")
    return int(found)


def parse_limit(value: Any) -> float:
    """`"> 1%"` → 0.01, `"> 50ms"` → 0.05 (seconds), `"> 0.25"` → 0.25.

    >>> parse_limit("> 50ms")
    0.05
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and (found := _LIMIT.match(value)):
        scale = {"%": 0.01, "ms": 0.001}.get(found[2] or "", 1.0)
        return round(float(found[1]) * scale, 12)
    raise ValueError(f"{value!r} is not a limit; write one such as '> 1%', '> 50ms' or '> 0.25'")


_seconds = PlainSerializer(lambda value: value.total_seconds(), return_type=float, when_used="json")
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    _seconds,
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _DURATION.pattern}, {"type": "number", "minimum": 0}]}),
]
Share = Annotated[
    float,
    BeforeValidator(parse_share),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": _SHARE.pattern}, {"type": "number", "minimum": 0, "maximum": 1}]}
    ),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _SIZE.pattern}, {"type": "integer", "minimum": 1}]}),
]
Limit = Annotated[
    float,
    BeforeValidator(parse_limit),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _LIMIT.pattern}, {"type": "number"}]}),
]
Spread = Annotated[
    float,
    BeforeValidator(parse_spread),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": _SPREAD.pattern}, {"type": "number", "exclusiveMinimum": 0}]}
    ),
]
Number = Annotated[int | float, BeforeValidator(parse_number), WithJsonSchema({"type": "number"})]
Whole = Annotated[int, BeforeValidator(parse_whole), WithJsonSchema({"type": "integer", "minimum": 0})]
