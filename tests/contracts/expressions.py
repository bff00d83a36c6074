"""JSONata in state machines, evaluated as Step Functions would."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonata import Jsonata


def is_expression(value: Any) -> bool:
    """Whether Step Functions evaluates this text."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def expressions(value: Any) -> Iterator[str]:
    """Every expression below a value."""
    if is_expression(value):
        yield value[2:-2].strip()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def evaluated(value: Any, variables: Mapping[str, Any]) -> Any:
    """The value with its expressions replaced by what they give; an expression that gives nothing is an error."""
    if is_expression(value):
        return _evaluate(value[2:-2].strip(), variables)
    if isinstance(value, Mapping):
        return {key: evaluated(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluated(item, variables) for item in value]
    return value


def _evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    program = Jsonata(text)
    program.register_lambda("parse", json.loads)  # one of those that Step Functions adds
    frame = program.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    found = program.evaluate(None, frame)
    if found is None and not _may_be_null(text, variables):
        raise ValueError(f"{text} gives nothing")
    return found


def _may_be_null(text: str, variables: Mapping[str, Any]) -> bool:
    name = text.removeprefix("$")
    return name in variables and variables[name] is None
