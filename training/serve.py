"""The model server: verifies the artifact, then answers `/ping` and `/invocations` on SageMaker's port."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import uvicorn

from evergreen.errors import EvergreenError, InvalidRequest
from training.artifact import verify
from training.model import Model

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 6 * 1024 * 1024  # SageMaker's own limit
GRACE_SECONDS = 5  # for requests that are being answered when SIGTERM comes
WATCH_SECONDS = 0.5
_JSON = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Server:
    """A raw ASGI application around one verified model."""

    model: Model
    model_version: str
    digest: str

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        route = (scope["method"], scope["path"])
        if route == ("POST", "/invocations"):
            status, document = self.invoke(await _body(receive))
        elif route == ("GET", "/ping"):
            status, document = 200, {"status": "ok"}
        else:
            status, document = 404, {"error": "there are GET /ping and POST /invocations"}
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [_JSON, length]})
        await send({"type": "http.response.body", "body": body})

    def invoke(self, body: bytes | None) -> tuple[int, dict[str, Any]]:
        """The status and the answer to a request body; None stands for one above the limit."""
        if body is None:
            return 413, {"error": f"the body is larger than {MAX_BODY} bytes"}
        try:
            predictions = self.model.answer(_rows(body))
        except InvalidRequest as error:
            return 400, {"error": str(error)}
        except Exception as error:  # the runtime raises classes of its own, without a public root
            sys.stderr.write(f"a request failed: {type(error).__name__}: {error}\n")
            return 500, {"error": "the model failed on these rows"}
        return 200, {"model_version": self.model_version, "digest": self.digest, "predictions": predictions}


def start() -> None:
    """Verify, load, and serve until SIGTERM."""
    directory = Path(os.environ.get("SM_MODEL_DIR") or Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model")
    digest = verify(directory, os.environ.get("EVERGREEN_TRUSTED_KEYS"))
    server = Server(Model.load(directory), os.environ.get("EVERGREEN_MODEL_VERSION", "unknown"), digest)
    gc.freeze()  # what is loaded stays: a collection in the middle of a request need not look at it
    _watch_parent(os.environ.get("EVERGREEN_PARENT_PID"))
    uvicorn.run(
        server,
        host=os.environ.get("EVERGREEN_BIND_HOST", "0.0.0.0"),  # noqa: S104 - SageMaker connects from outside
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        http="httptools",
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def _body(receive: Receive) -> bytes | None:
    """The whole request body, read to its end even when it is too large, so that the answer arrives."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        parts.append(part if size <= MAX_BODY else b"")
        more = message.get("more_body", False)
    return b"".join(parts) if size <= MAX_BODY else None


def _rows(body: bytes) -> list[dict[str, Any]]:
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not JSON") from error
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise InvalidRequest('the body must be {"rows": [{…}, …]} with at least one row')
    return rows


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _watch_parent(pid: str | None) -> None:
    """End with the process that started this one, where there is one to watch."""
    if not pid:
        return

    def watch() -> None:
        while _alive(int(pid)):
            time.sleep(WATCH_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    try:
        start()
    except EvergreenError as refusal:
        sys.exit(str(refusal))
