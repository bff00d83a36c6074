"""Every private name of ministack that the embedded cloud touches, with the signature that it relies on.

`tests/contracts/test_hooks.py` checks them against the pinned version: a new ministack that moves one fails there.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "1.5.33"


@dataclass(frozen=True)
class Hook:
    """A name in a module; `signature` is None for a table."""

    module: str
    name: str
    signature: str | None


HOOKS = (
    Hook("ministack.app", "app", "(scope, receive, send)"),
    Hook("ministack.app", "SERVICE_HANDLERS", None),
    Hook("ministack.core.router", "SERVICE_PATTERNS", None),
    Hook("ministack.core.lambda_runtime", "_PYTHON_WORKER_SCRIPT", None),
    Hook("ministack.core.lambda_runtime", "Worker._drain_stderr", "(self) -> str"),
    Hook(
        "ministack.core.lambda_runtime",
        "Worker._drain_stderr_bounded",
        "(self, first_line_wait: float = 0.05, idle_confirm: float = 0.005, hard_cap: float = 0.25) -> str",
    ),
    Hook("ministack.core.lambda_runtime", "reset", "()"),
    Hook(
        "ministack.services.lambda_svc",
        "_execute_function_warm",
        "(func: dict, event: dict, request_id: str) -> dict",
    ),
    Hook(
        "ministack.services.lambda_svc",
        "_emit_lambda_logs",
        "(func: dict, request_id: str, log_text: str, error: bool, duration_ms: int, *, log_source: str | None = None)"
        " -> None",
    ),
    Hook(
        "ministack.services.cloudwatch",
        "record_metric",
        "(namespace: str, metric_name: str, value: float, unit: str = 'None', dimensions: dict | None = None) -> None",
    ),
    Hook("ministack.services.eventbridge", "_put_events", "(data, allow_aws_source=False)"),
    Hook("ministack.services.eventbridge", "_invoke_target", "(target, event, rule, view=None)"),
    Hook("ministack.services.stepfunctions", "_SERVICE_DISPATCH", None),
    Hook("ministack.services.stepfunctions", "_ExecutionError", "(error, cause)"),
    Hook("ministack.services.stepfunctions", "_nested_execution_failure", "(payload)"),
    Hook(
        "ministack.services.stepfunctions",
        "_apply_jsonata_output",
        "(state_def, raw_input, ctx=None, result=None, error_output=None, default=None)",
    ),
    Hook(
        "ministack.services.stepfunctions",
        "_apply_jsonata_template",
        "(value, raw_input, ctx=None, result=None, error_output=None)",
    ),
    Hook(
        "ministack.services.stepfunctions",
        "_apply_state_assign",
        "(state_def, raw_input, ctx, result=None, error_output=None)",
    ),
    Hook("ministack.services.stepfunctions", "_state_query_language", "(state_def, ctx=None)"),
    Hook("ministack.services.stepfunctions", "_read_map_items", "(reader, effective, ctx)"),
    Hook(
        "ministack.services.stepfunctions",
        "_run_distributed_map",
        "(state_def, raw_input, effective, iterator, execution, ctx)",
    ),
    Hook("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS", None),
)
