"""SageMaker's capture lines as columns: one row per prediction, features in the contract's types."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from evergreen.aws.model_check import CHECK_PREFIX
from evergreen.times import instant

FEATURE = "feature."  # a user's own column may be called prediction or score
TIME = pa.timestamp("us", tz="UTC")
TYPES = {"number": pa.float64(), "category": pa.string(), "boolean": pa.bool_()}
BASE = {
    "prediction_id": pa.string(),
    "model_version": pa.string(),
    "event_time": TIME,
    "captured_at": TIME,
    "prediction": pa.string(),
    "score": pa.float64(),
    "confidence": pa.float64(),
}


@dataclass(frozen=True)
class CaptureSchema:
    """Which fields of a request row are kept, and which one carries its event time."""

    time: str | None
    columns: tuple[tuple[str, str], ...]

    @classmethod
    def from_contracts(cls, contracts: Sequence[dict[str, Any]]) -> CaptureSchema:
        """Every feature column of the contracts; the first one to name a column gives its type."""
        found: dict[str, str] = {}
        for contract in contracts:
            for column in contract["columns"]:
                if column["type"] in TYPES:
                    found.setdefault(column["name"], column["type"])
        time = next((contract["time"] for contract in contracts if contract.get("time")), None)
        return cls(time, tuple(sorted(found.items())))

    def arrow(self) -> pa.Schema:
        """The stored schema."""
        features = [(FEATURE + name, TYPES[kind]) for name, kind in self.columns]
        return pa.schema([*BASE.items(), *features])


@dataclass
class CaptureRows:
    """Rows read so far, and how many lines could not be read."""

    schema: CaptureSchema
    answers: list[tuple[Any, ...]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    unreadable: int = 0

    def add(self, body: bytes) -> None:
        """Read a capture object. A line that is not a prediction (an error answer, a torn line) is counted."""
        for line in body.splitlines():
            if line.strip():
                try:
                    self._add_line(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError):
                    self.unreadable += 1

    def table(self) -> pa.Table:
        """All rows as one table."""
        base = zip(*self.answers, strict=True) if self.answers else [()] * len(BASE)
        columns: list[Any] = [list(values) for values in base]
        columns += [[_CAST[kind](row.get(name)) for row in self.rows] for name, kind in self.schema.columns]
        schema = self.schema.arrow()
        arrays = [pa.array(values, type=kind) for values, kind in zip(columns, schema.types, strict=True)]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _add_line(self, line: dict[str, Any]) -> None:
        data, event = line["captureData"], line["eventMetadata"]
        rows = _payload(data["endpointInput"])["rows"]
        answer = _payload(data["endpointOutput"])
        predictions = answer["predictions"]
        request = event.get("inferenceId") or event["eventId"]
        if request.startswith(CHECK_PREFIX):
            return
        captured = instant(event["inferenceTime"])
        if len(predictions) != len(rows) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("a prediction for each row is expected")
        answers = [
            (
                f"{request}:{position}",
                str(answer["model_version"]),
                _event_time(row, self.schema.time, captured),
                captured,
                prediction_text(found["prediction"]),
                _number(found.get("score")),
                _number(found.get("confidence")),
            )
            for position, (row, found) in enumerate(zip(rows, predictions, strict=True))
        ]
        self.answers += answers
        self.rows += rows


def read_rows(bodies: Iterable[bytes], schema: CaptureSchema) -> CaptureRows:
    """Read capture objects, in the order given."""
    found = CaptureRows(schema)
    for body in bodies:
        found.add(body)
    return found


def prediction_text(value: Any) -> str:
    """Return a class or a number as text: classes of any type share one column.

    >>> prediction_text(True), prediction_text(2.5), prediction_text("late")
    ('true', '2.5', 'late')
    """
    return value if isinstance(value, str) else json.dumps(value)


def _payload(part: dict[str, Any]) -> dict[str, Any]:
    data = part["data"]
    text = base64.b64decode(data) if part.get("encoding", "JSON").upper() == "BASE64" else data
    payload: dict[str, Any] = json.loads(text) if isinstance(text, str | bytes) else text
    return payload


def _event_time(row: dict[str, Any], column: str | None, captured: datetime) -> datetime:
    value = row.get(column) if column else None
    if not isinstance(value, str):
        return captured
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return captured
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _category(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else prediction_text(value)


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else bool(value) if value in (0, 1) else None


_CAST = {"number": _number, "category": _category, "boolean": _boolean}
