"""POST /feedback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from evergreen.aws.objects import Objects
from evergreen.aws.settings import read
from evergreen.incident import report
from evergreen.serving.body import parse_json, require_json
from evergreen.serving.feedback import parse_labels, truth_object
from evergreen.serving.problem import Response, to_json, to_response
from lambdas.accept_feedback.settings import Settings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST)
def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    """Keep the labels of one request."""
    request_id = event["requestContext"]["requestId"]
    try:
        require_json(event.get("headers"))
        labels = parse_labels(parse_json(event.get("body"), is_base64=bool(event.get("isBase64Encoded"))))
        key, body = truth_object(labels, received_at=datetime.now(UTC), request_id=request_id)
        Objects(read(Settings).data_bucket).put(key, body, content_type="application/json")
        logger.info("accepted", labels=len(labels))
        return to_json(202, {"accepted": len(labels)})
    except Exception as error:
        report(logger, "not accepted", error)
        return to_response(error, instance=request_id)
