"""A contract and rows that fit it."""

from __future__ import annotations

import json
from typing import Any

CONTRACT: dict[str, Any] = {
    "format": 1,
    "project": "flights",
    "problem": "binary_classification",
    "target": {"name": "late", "classes": [False, True], "positive": True},
    "time": "scheduled_departure",
    "columns": [
        {"name": "distance", "type": "number", "required": True, "nullable": False, "min": 0, "max": 6000},
        {"name": "origin", "type": "category", "required": True, "nullable": False, "allowed": ["EWR", "JFK"]},
        {"name": "tailnum", "type": "category", "required": True, "nullable": True, "allowed": None},
        {"name": "is_codeshare", "type": "boolean", "required": True, "nullable": False},
        {"name": "scheduled_departure", "type": "timestamp", "required": True, "nullable": False},
    ],
    "passthrough": [{"name": "flight_id", "type": "id"}],
    "encoder": {"anything": "else"},
    "feature_names": ["distance"],
    "threshold": 0.5,
}


def contract_bytes() -> bytes:
    return json.dumps(CONTRACT).encode()


def row(**changes: Any) -> dict[str, Any]:
    whole = {
        "distance": 733,
        "origin": "JFK",
        "tailnum": "N14228",
        "is_codeshare": False,
        "scheduled_departure": "2013-04-01T05:15:00Z",
    }
    return {**whole, **changes}
