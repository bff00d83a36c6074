"""POST /predict, GET /model, GET /health."""

from __future__ import annotations

import json
import sys
import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.objects import Objects
from evergreen.aws.prediction import Predictor
from evergreen.aws.settings import read
from evergreen.aws.state import StateTable
from evergreen.aws.traffic import CachedTraffic, TrafficTable
from evergreen.incident import report
from evergreen.serving.body import require_json
from evergreen.serving.problem import Response, to_json, to_response
from evergreen.serving.telemetry import Served, audit_line
from lambdas.predict.settings import Settings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    """Answer one request of the API."""
    request_id = event["requestContext"]["requestId"]
    try:
        return to_json(200, _answer(event, request_id))
    except Exception as error:
        report(logger, "not answered", error)
        return to_response(error, instance=request_id)


def _answer(event: dict[str, Any], request_id: str) -> dict[str, Any]:
    match event["resource"]:
        case "/model":
            return predictor().model()
        case "/health":
            return predictor().health()
        case _:
            require_json(event.get("headers"))
            is_base64 = bool(event.get("isBase64Encoded"))
            return predictor().predict(event.get("body"), request_id, is_base64=is_base64)


@cache
def predictor() -> Predictor:
    """Built once per process."""
    settings = read(Settings)
    table = TrafficTable(StateTable(settings.state_table), salt=settings.deployment)
    return Predictor(
        deployment=settings.deployment,
        traffic=CachedTraffic(table),
        artifacts=Objects(settings.artifact_bucket),
        max_rows=settings.max_rows,
        report=_report,
    )


def _report(served: Served) -> None:
    """EMF has to be a whole line of its own, without a logger's envelope."""
    sys.stdout.write(json.dumps(audit_line(served, now_ms=round(time.time() * 1000))) + "\n")
    sys.stdout.flush()
