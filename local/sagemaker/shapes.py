"""Requests checked, and answers cut, to botocore's model of SageMaker."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from local.sagemaker.errors import SageMakerError, invalid


@cache
def model() -> Any:
    """botocore's service model of SageMaker."""
    return botocore.session.get_session().get_service_model("sagemaker")


def operation(name: str) -> Any:
    """The model of one operation."""
    if name not in model().operation_names:
        raise SageMakerError("UnknownOperationException", f"SageMaker has no operation {name}")
    return model().operation_model(name)


def check(name: str, request: dict[str, Any]) -> None:
    """Refuse a request that the service itself would refuse: types, required members, enums, patterns, lengths."""
    shape = operation(name).input_shape
    report = ParamValidator().validate(request, shape)
    problems = [report.generate_report()] if report.has_errors() else list(_constraints(request, shape, name))
    if problems:
        raise invalid(f"{len(problems)} validation error(s) detected: " + "; ".join(problems))


def _constraints(value: Any, shape: Any, path: str) -> Any:
    if shape.type_name == "structure":
        for key, item in value.items():
            yield from _constraints(item, shape.members[key], f"{path}.{key}")
    elif shape.type_name == "list":
        yield from _size(len(value), shape, path)
        for index, item in enumerate(value):
            yield from _constraints(item, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map":
        yield from _size(len(value), shape, path)
        for key, item in value.items():
            yield from _constraints(item, shape.value, f"{path}.{key}")
    elif shape.type_name == "string":
        yield from _size(len(value), shape, path)
        yield from _text(value, shape, path)
    elif shape.type_name in {"integer", "long"}:
        yield from _size(value, shape, path)


def _size(size: int, shape: Any, path: str) -> Any:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{path} is below its minimum {low}"
    if high is not None and size > high:
        yield f"{path} is above its maximum {high}"


def _text(value: str, shape: Any, path: str) -> Any:
    enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if enum and value not in enum:
        yield f"{path} {value!r} is not one of {', '.join(enum)}"
    if pattern and not _matches(pattern, value):
        yield f"{path} {value!r} does not match {pattern}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # some patterns are written in Java's dialect
        return True


def cut(record: dict[str, Any], shape: Any) -> dict[str, Any]:
    """The members of a record that an answer has."""
    return {key: value for key, value in record.items() if key in shape.members and value is not None}
