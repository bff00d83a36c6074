"""Request rows, checked against a model's contract by one compiled validator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from evergreen.errors import InvalidRequest, RequestTooLarge
from evergreen.serving.schema import RequestColumn, RequestContract
from evergreen.serving.violations import invalid

Row = dict[str, Any]

_TIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$"
_TIME_SENTENCE = "must be an ISO-8601 time such as 2013-04-01T05:15:00Z"
_CATEGORY_SENTENCE = "must be a string, an integer or a boolean"
_SHOWN_VALUES = 12


class RowParser:
    """Parses the rows of requests to one model version; built once per contract."""

    def __init__(self, contract: RequestContract) -> None:
        fields = {
            column.name: core_schema.typed_dict_field(_value(column), required=column.required)
            for column in contract.fields()
        }
        row = core_schema.typed_dict_schema(fields, strict=True, extra_behavior="forbid")
        self._row = SchemaValidator(row)
        self._rows = SchemaValidator(core_schema.list_schema(row, strict=True))

    def parse(self, payload: Any, *, max_rows: int) -> list[Row]:
        """The rows of `{"rows": […]}` or `{"row": {…}}`; InvalidRequest names every mistake by its path."""
        key = _single_key(payload)
        try:
            if key == "row":
                return [self._row.validate_python(payload["row"])]
            _check_count(payload["rows"], max_rows)
            rows: list[Row] = self._rows.validate_python(payload["rows"])
        except ValidationError as error:
            raise invalid(error, within=key) from error
        return rows


def _single_key(payload: Any) -> str:
    if not isinstance(payload, dict):
        raise _mistake("body", "must be an object with `rows`")
    if unknown := [name for name in payload if name not in ("rows", "row")]:
        raise _mistake(unknown[0][:80], "is not a known field; send `rows`")
    if len(payload) != 1:
        raise _mistake("rows", "is required" if not payload else "and `row` exclude each other")
    return "row" if "row" in payload else "rows"


def _check_count(rows: Any, max_rows: int) -> None:
    if isinstance(rows, list) and not rows:
        raise _mistake("rows", "must hold at least one row")
    if isinstance(rows, list) and len(rows) > max_rows:
        problem = f"holds {len(rows):,} rows, and {max_rows:,} is the limit of one request"
        raise RequestTooLarge(f"rows {problem}.", [{"field": "rows", "problem": problem}])


def _mistake(field: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{field} {problem}.", [{"field": field, "problem": problem}])


def _value(column: RequestColumn) -> CoreSchema:
    value = _allowed(column.allowed) if column.allowed is not None else _typed(column)
    return core_schema.nullable_schema(value) if column.nullable else value


def _typed(column: RequestColumn) -> CoreSchema:
    match column.type:
        case "number":
            return core_schema.float_schema(strict=True, allow_inf_nan=False, ge=column.min, le=column.max)
        case "boolean":
            return core_schema.bool_schema(strict=True)
        case "timestamp":
            text = core_schema.str_schema(strict=True, pattern=_TIME)
            return _saying(_TIME_SENTENCE, core_schema.no_info_after_validator_function(_real_time, text))
        case "category" | "id":
            kinds: list[CoreSchema | tuple[CoreSchema, str]] = [
                core_schema.str_schema(strict=True),
                core_schema.int_schema(strict=True),
                core_schema.bool_schema(strict=True),
            ]
            return _saying(_CATEGORY_SENTENCE, core_schema.union_schema(kinds, mode="left_to_right"))


def _allowed(allowed: list[Any]) -> CoreSchema:
    shown = ", ".join(str(value) for value in allowed[:_SHOWN_VALUES])
    more = f" or {len(allowed) - _SHOWN_VALUES} more" if len(allowed) > _SHOWN_VALUES else ""
    return _saying(f"must be one of {shown}{more}", core_schema.no_info_plain_validator_function(_one_of(allowed)))


def _one_of(allowed: list[Any]) -> Callable[[Any], Any]:
    known = {(type(value), value) for value in allowed}  # True is not 1 here

    def check(value: Any) -> Any:
        if isinstance(value, list | dict) or (type(value), value) not in known:
            raise ValueError("not allowed")  # pydantic makes it a finding
        return value

    return check


def _real_time(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _saying(sentence: str, schema: CoreSchema) -> CoreSchema:
    escaped = sentence.replace("{", "(").replace("}", ")")  # braces are placeholders in pydantic's messages
    return core_schema.custom_error_schema(schema, custom_error_type="not_acceptable", custom_error_message=escaped)
