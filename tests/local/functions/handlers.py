"""Functions of the test app."""

from __future__ import annotations

import json
import time

CALLS = []


class NotReadyYet(Exception):
    """Raised by name for state machines to catch."""


def echo(event, context):
    return {"event": event, "request_id": context.aws_request_id}


def api(event, context):
    CALLS.append(1)
    print(
        json.dumps(
            {
                "_aws": {
                    "Timestamp": int(time.time() * 1000),
                    "CloudWatchMetrics": [
                        {
                            "Namespace": "Test",
                            "Dimensions": [["deployment"]],
                            "Metrics": [{"Name": "Requests", "Unit": "Count"}],
                        }
                    ],
                },
                "deployment": "d",
                "Requests": [1.0],
            }
        )
    )
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"calls": len(CALLS), "id": event["requestContext"]["requestId"]}),
    }


def quiet(event, context):
    return {"statusCode": 200, "body": "{}"}


def fails(event, context):
    CALLS.append(1)
    raise NotReadyYet(f"call {len(CALLS)}")
