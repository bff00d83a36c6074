"""A request's body as JSON, with every limit checked before the value it protects against is built."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from evergreen.errors import MalformedRequest, RequestTooLarge, UnsupportedType
from evergreen.serving.violations import MAX_ERRORS, MAX_NAME

JSON = "application/json"
MAX_BYTES = 1_000_000
MAX_DEPTH = 8

# Possessive, and closed or not: one pass whatever the body is, where a lazy pattern takes quadratic time.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


class _Doubled(dict[str, Any]):
    """An object that named a key twice; `key` is the first such key."""

    key = ""


def require_json(headers: Mapping[str, str] | None) -> None:
    """Refuse a body that says it is something else; one that says nothing is taken for JSON.

    >>> require_json({"Content-Type": "application/json; charset=utf-8"})
    """
    said = next((value for name, value in (headers or {}).items() if name.lower() == "content-type"), JSON)
    if said.partition(";")[0].strip().lower() != JSON:
        problem = f"must be {JSON}"
        raise UnsupportedType(f"Content-Type {problem}.", [{"field": "Content-Type", "problem": problem}])


def parse_json(body: str | None, *, is_base64: bool = False) -> Any:
    """The JSON value of a body; NaN and Infinity are left to the field that holds them.

    >>> parse_json('{"rows": []}')
    {'rows': []}
    """
    text = _text(body, is_base64=is_base64)
    _refuse_deep(text)
    doubled: list[_Doubled] = []
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, doubled))
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"is not JSON: {error.msg} at {place}") from error
    except UnicodeEncodeError as error:
        raise _malformed("holds half of a surrogate pair, which is no character") from error
    except ValueError as error:
        raise _malformed("holds a number with too many digits") from error
    if doubled:
        paths = [{"field": path, "problem": "is given twice"} for path in islice(_doubled_paths(value, ""), MAX_ERRORS)]
        raise MalformedRequest("The body names a field twice.", paths)
    return value


def _text(body: str | None, *, is_base64: bool) -> str:
    if not body:
        raise _malformed("is empty; send a JSON object")
    if len(body) > MAX_BYTES * (4 / 3 if is_base64 else 1) + 4:
        raise _too_large()
    try:
        raw = base64.b64decode(body, validate=True) if is_base64 else body.encode()
        if len(raw) > MAX_BYTES:
            raise _too_large()
        return raw.decode()
    except (UnicodeError, binascii.Error) as error:
        raise _malformed("is not UTF-8 text") from error


def _refuse_deep(text: str) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise _malformed(f"is nested deeper than {MAX_DEPTH} levels")


def _object(pairs: list[tuple[str, Any]], doubled: list[_Doubled]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = _Doubled(found)
    twice.key = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    doubled.append(twice)
    return twice


def _doubled_paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Doubled):
        yield f"{path}.{value.key[:MAX_NAME]}".lstrip(".")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _doubled_paths(inner, f"{path}.{name[:MAX_NAME]}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _doubled_paths(inner, f"{path}[{index}]")


def _malformed(problem: str) -> MalformedRequest:
    return MalformedRequest(f"The body {problem}.", [{"field": "body", "problem": problem}])


def _too_large() -> RequestTooLarge:
    problem = f"is larger than {MAX_BYTES:,} bytes"
    return RequestTooLarge(f"The body {problem}.", [{"field": "body", "problem": problem}])
