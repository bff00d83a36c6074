"""Lambda in ministack, made faithful: exception classes as error types, EMF as metrics, no wait for a silent log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import cloudwatch, lambda_svc

from local.lambda_worker import MARK

WORKER = Path(__file__).with_name("lambda_worker.py")


def install() -> None:
    """Replace ministack's worker, and read what it answers."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = WORKER.read_text()
    lambda_runtime.Worker._drain_stderr_bounded = lambda_runtime.Worker._drain_stderr
    lambda_svc._execute_function_warm = _unwrapping(lambda_svc._execute_function_warm)
    lambda_svc._emit_lambda_logs = _measuring(lambda_svc._emit_lambda_logs)


def _unwrapping(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def execute_function_warm(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result = execute(func, event, request_id)
        body = result.get("body")
        if not isinstance(body, dict) or MARK not in body:
            return result
        log = body["log"] + result.get("log", "")
        if "failure" in body:
            return {"body": {**body["failure"], "requestId": request_id}, "error": True, "log": log}
        return {"body": body["result"], "log": log}

    return execute_function_warm


def _measuring(emit: Callable[..., None]) -> Callable[..., None]:
    def emit_lambda_logs(
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,
        duration_ms: int,
        *,
        log_source: str | None = None,
    ) -> None:
        for namespace, name, value, unit, dimensions in embedded_metrics(log_text):
            cloudwatch.record_metric(namespace, name, value, unit, dimensions)
        emit(func, request_id, log_text, error, duration_ms, log_source=log_source)

    return emit_lambda_logs


Measurement = tuple[str, str, float, str, dict[str, str]]


def embedded_metrics(log: str) -> Iterator[Measurement]:
    """Namespace, name, value, unit and dimensions of every value in a log's embedded-metric-format lines."""
    for line in log.splitlines():
        if '"_aws"' not in line:
            continue
        try:
            entry = json.loads(line)
            directives = entry["_aws"]["CloudWatchMetrics"]
        except (ValueError, KeyError, TypeError):
            continue
        for directive in directives:
            yield from _values(entry, directive)


def _values(entry: dict[str, Any], directive: dict[str, Any]) -> Iterator[Measurement]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = {name: str(entry[name]) for name in names if name in entry}
        for metric in directive["Metrics"]:
            value = entry.get(metric["Name"])
            for number in value if isinstance(value, list) else [value]:
                if isinstance(number, int | float):
                    yield directive["Namespace"], metric["Name"], number, metric.get("Unit", "None"), dimensions
