"""Canonical bytes: one value, one spelling, one hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, no NaN.

    >>> canonical({"b": 1, "a": "é"})
    b'{"a":"\\xc3\\xa9","b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def parsed(text: str | bytes) -> Any:
    """The value that some JSON spells; ValueError for what is none, or is nested deeper than Python reads.

    >>> parsed(canonical([1, None]))
    [1, None]
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def sha256(content: bytes | memoryview) -> str:
    """The SHA-256 of some bytes, as hex."""
    return hashlib.sha256(content).hexdigest()


def digest(value: Any) -> str:
    """The SHA-256 of a JSON value's canonical bytes."""
    return sha256(canonical(value))
