"""The process that one warm Lambda environment runs in; started by the engine with this file's text.

One JSON line in per invocation, one out: the result or the raised error under its own class name, and what was logged.
The environment survives a handler's exception, as on AWS. Function code comes before layers on the path.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import time
import traceback
from typing import Any, TextIO

MARK = "evergreen:invocation"


class Log(io.TextIOBase):
    """Collects what the handler prints and logs."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self.parts.append(text)
        return len(text)

    def drain(self) -> str:
        text, self.parts = "".join(self.parts), []
        return text


class Context:
    """The second argument of a handler."""

    def __init__(self, init: dict[str, Any], call: dict[str, Any]) -> None:
        self.function_name = init["function_name"]
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self.memory_limit_in_mb = init["memory"]
        self.invoked_function_arn = call.get("invoked_function_arn") or init["arn"]
        self.aws_request_id = call.get("request_id", "")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{self.function_name}")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self.identity = None
        self.client_context = None
        self._deadline = time.time() + call.get("timeout_ms", 3000) / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.time()) * 1000))


def layer_paths() -> list[str]:
    """`/opt` and `/opt/python` of each layer."""
    layers = filter(None, os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep))
    return [path for layer in layers for path in (os.path.join(layer, "python"), layer)]  # noqa: PTH118


def load(init: dict[str, Any]) -> Any:
    """The handler function."""
    os.environ.update(init.get("env", {}))
    sys.path[:0] = [init["code_dir"], *layer_paths()]
    return getattr(importlib.import_module(init["module"]), init["handler"])


def failure(error: BaseException) -> dict[str, Any]:
    """What Lambda reports for an unhandled exception."""
    trace = traceback.format_exception(error)
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}


def invoke(handler: Any, message: dict[str, Any], init: dict[str, Any], log: Log) -> str:
    """Run the handler once; the line to answer with."""
    call = message.get("ctx") or {}
    if trace_id := call.get("trace_id"):
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    try:
        answer = {"result": handler(message["event"], Context(init, {**call, "request_id": call.get("request_id")}))}
        json.dumps(answer)
    except Exception as error:
        answer = {"failure": failure(error)}
        log.write("".join(traceback.format_exception(error)))
    return json.dumps({"status": "ok", "result": {MARK: True, "log": log.drain(), **answer}})


def say(out: TextIO, line: str) -> None:
    out.write(line + "\n")
    out.flush()


def main() -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what native code prints must not reach the protocol
    log = Log()
    sys.stdout = sys.stderr = log
    init = json.loads(sys.stdin.readline())
    try:
        handler = load(init)
    except BaseException as error:
        say(out, json.dumps({"status": "error", "error": "".join(traceback.format_exception(error)[-3:])}))
        return
    say(out, json.dumps({"status": "ready", "cold": True}))
    for line in sys.stdin:
        say(out, invoke(handler, json.loads(line), init, log))


if __name__ == "__main__":
    main()
