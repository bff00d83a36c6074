"""The states that both machines are written with (Amazon States Language, JSONata)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

State = dict[str, Any]

# Lambda's own passing faults, a function that ran out of time, and a cloud service's refusal that an adapter met.
PASSING = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Sandbox.Timedout",
    "CloudError",
]
# Two writers met; the one who lost reads again.
CONTENTION = ["CommitConflict", "TrafficChanged"]
# The cause that a function leaves is JSON; one that was cut off, or that another service wrote, stays as it is.
_IS_JSON = "$substring($cause, 0, 1) = '{' and $substring($cause, -1) = '}'"
_SENTENCE = (
    "($cause := $string($error.Cause); "
    f"$said := {_IS_JSON} ? $parse($cause).errorMessage; "
    "$exists($said) ? $said : $cause)"
)


def expression(text: str) -> str:
    """A JSONata expression as a state's field holds it."""
    return f"{{% {text} %}}"


def retry(*errors: str, seconds: int = 2, attempts: int = 4) -> State:
    """Exponential back-off with jitter, for errors of these classes only."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }


def catch(*errors: str, go_to: str, assign: Mapping[str, Any] | None = None) -> State:
    """Keep the error in `$error` and go on."""
    kept = {"error": expression("$states.errorOutput"), **(assign or {})}
    return {"ErrorEquals": list(errors), "Assign": kept, "Next": go_to}


def invoke(
    function: str,
    payload: Mapping[str, Any],
    *,
    assign: Mapping[str, Any],
    go_to: str,
    catches: list[State],
    retries: list[State] | None = None,
) -> State:
    """Call the function behind the placeholder `${<function>}`."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": f"${{{function}}}", "Payload": dict(payload)},
        "Assign": dict(assign),
        "Output": expression("$states.result.Payload"),
        "Retry": [retry(*PASSING, *CONTENTION), *(retries or [])],
        "Catch": catches,
        "Next": go_to,
    }


def choose(*rules: tuple[str, str], otherwise: str) -> State:
    """The first rule (JSONata condition, next state) that holds."""
    choices = [{"Condition": expression(condition), "Next": go_to} for condition, go_to in rules]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def wait(seconds: str | int, *, go_to: str) -> State:
    """Wait that many seconds: a number, or a JSONata expression."""
    return {"Type": "Wait", "Seconds": expression(seconds) if isinstance(seconds, str) else seconds, "Next": go_to}


def fail() -> State:
    """End with the error that was caught: of a function's exception with its sentence, without the stack trace."""
    return {"Type": "Fail", "Error": expression("$error.Error"), "Cause": expression(_SENTENCE)}


def literal(value: Any) -> str:
    """A JSON value as JSONata text, its embedded expressions unwrapped.

    >>> literal({"S3Uri": "{% $run.data.uri %}"})
    "{'S3Uri': ($run.data.uri)}"
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"'{key}': {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, str) and value.startswith("{%"):
        return f"({value[2:-2].strip()})"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}" if isinstance(value, int | float) else f"'{value}'"
