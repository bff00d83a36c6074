"""The one place where errors become HTTP answers: RFC 9457 problem documents for an API Gateway proxy.

Only what a caller may know is said: messages about our own clouds, keys and files stay in the logs.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from evergreen.errors import EvergreenError, InvalidRequest, ModelUnavailable, NoModel, NotFound

NO_MODEL = "No model serves yet. Commit data and start one: evergreen data commit FILE --dataset …, then evergreen run."
_RETRY_AFTER_SECONDS = 30

Response = dict[str, Any]


def to_json(status: int, payload: Any, *, content_type: str = "application/json", **headers: str) -> Response:
    """A proxy answer with a JSON body."""
    named = {"Content-Type": content_type, "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": {**named, **headers}, "body": json.dumps(payload)}


def to_response(error: Exception, *, instance: str) -> Response:
    """The problem document of an error, foreseen or not; `instance` is the request's id."""
    status, detail, errors = _describe(error)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if errors:
        problem["errors"] = errors
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return to_json(status, problem, content_type="application/problem+json", **headers)


def _describe(error: Exception) -> tuple[int, str, list[dict[str, str]]]:
    match error:
        case InvalidRequest():
            return error.status, str(error), error.errors
        case NoModel():
            return HTTPStatus.SERVICE_UNAVAILABLE, NO_MODEL, []
        case ModelUnavailable():
            return HTTPStatus.BAD_GATEWAY, "The model did not answer this request. Send it again.", []
        case NotFound():
            return HTTPStatus.NOT_FOUND, str(error), []
        case EvergreenError():
            return HTTPStatus.SERVICE_UNAVAILABLE, "A service behind this API did not answer. Try again later.", []
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "This request failed here. Its instance names it in the logs.", []
