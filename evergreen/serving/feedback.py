"""Labels that arrive after their predictions: strict parsing, and where they are kept."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from evergreen.errors import InvalidRequest, RequestTooLarge
from evergreen.serving.violations import invalid

MAX_LABELS = 10_000
_MAX_TEXT = 1_000
_PREDICTION_ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}:[0-9]{1,5}$"

Label = dict[str, Any]


def _saying(sentence: str, schema: CoreSchema) -> CoreSchema:
    return core_schema.custom_error_schema(schema, custom_error_type="not_acceptable", custom_error_message=sentence)


_VALUE = core_schema.union_schema(
    [
        core_schema.bool_schema(strict=True),
        core_schema.int_schema(strict=True, ge=-(2**63), le=2**63 - 1),
        core_schema.float_schema(strict=True, allow_inf_nan=False),
        core_schema.str_schema(strict=True, max_length=_MAX_TEXT),
    ]
)
_LABEL = core_schema.typed_dict_schema(
    {
        "prediction_id": core_schema.typed_dict_field(
            _saying(
                "must be a prediction_id as POST /predict gave it: <request id>:<row>",
                core_schema.str_schema(strict=True, pattern=_PREDICTION_ID),
            )
        ),
        "label": core_schema.typed_dict_field(_saying("must be a string, a finite number or a boolean", _VALUE)),
    },
    strict=True,
    extra_behavior="forbid",
)
_LABELS = SchemaValidator(core_schema.list_schema(_LABEL, strict=True, min_length=1))


def parse_labels(payload: Any) -> list[Label]:
    """The labels of `{"labels": [{"prediction_id", "label"}]}`; InvalidRequest names every mistake by its path."""
    if not isinstance(payload, dict) or set(payload) != {"labels"}:
        unknown = sorted(set(payload) - {"labels"}) if isinstance(payload, dict) else []
        field, problem = (unknown[0][:80], "is not a known field") if unknown else ("labels", "is required")
        raise InvalidRequest(f"{field} {problem}.", [{"field": field, "problem": problem}])
    if isinstance(payload["labels"], list) and len(payload["labels"]) > MAX_LABELS:
        problem = f"holds more than {MAX_LABELS:,} labels"
        raise RequestTooLarge(f"labels {problem}.", [{"field": "labels", "problem": problem}])
    try:
        labels: list[Label] = _LABELS.validate_python(payload["labels"])
    except ValidationError as error:
        raise invalid(error, within="labels") from error
    return labels


def truth_object(labels: list[Label], *, received_at: datetime, request_id: str) -> tuple[str, bytes]:
    """The key and the body of the object that keeps one request's labels."""
    body = json.dumps({"received_at": f"{received_at:%Y-%m-%dT%H:%M:%SZ}", "labels": labels}).encode()
    name = hashlib.sha256(request_id.encode() + body).hexdigest()[:16]
    moment = f"{received_at:%H%M%S}{received_at.microsecond // 1000:03d}"
    return f"truth/{received_at:%Y/%m/%d}/{moment}-{name}.json", body
