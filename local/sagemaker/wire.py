"""SageMaker's two wire protocols as a ministack handler: JSON 1.1, and `/endpoints/<name>/invocations`."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from local.sagemaker.endpoints import Invocation
from local.sagemaker.errors import SageMakerError
from local.sagemaker.service import SageMaker

Response = tuple[int, dict[str, str], bytes]
HEADER = "x-amzn-sagemaker-"


class Wire:
    """Answers HTTP requests; the work happens off the event loop, because it calls back into this server."""

    def __init__(self, service: SageMaker) -> None:
        self._service = service

    async def handle_request(
        self, _method: str, path: str, headers: dict[str, str], body: bytes, _query: dict[str, Any]
    ) -> Response:
        """ministack's signature of a service handler."""
        if path.startswith("/endpoints/") and path.endswith("/invocations"):
            return await asyncio.to_thread(self._invoke, unquote(path.split("/")[2]), headers, body)
        return await asyncio.to_thread(self._call, headers.get("x-amz-target", ""), body)

    def _call(self, target: str, body: bytes) -> Response:
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        try:
            answer = self._service.call(target.rpartition(".")[2], json.loads(body or b"{}"))
        except SageMakerError as error:
            text = {"__type": error.code, "message": error.message}
            return error.status, {**kind, "x-amzn-errortype": error.code}, json.dumps(text).encode()
        return 200, kind, json.dumps(answer).encode()

    def _invoke(self, name: str, headers: dict[str, str], body: bytes) -> Response:
        call = Invocation(
            body=body,
            content_type=headers.get("content-type", ""),
            accept=headers.get("accept", ""),
            inference_id=headers.get(f"{HEADER}inference-id", ""),
            target_variant=headers.get(f"{HEADER}target-variant", ""),
            custom_attributes=headers.get(f"{HEADER}custom-attributes", ""),
        )
        try:
            variant, answer = self._service.endpoints.invoke(name, call)
        except SageMakerError as error:
            kind = {"Content-Type": "application/json", "x-amzn-errortype": error.code}
            return error.status, kind, json.dumps({"Message": error.message}).encode()
        if 200 <= answer.status < 400:
            return (
                answer.status,
                {
                    "Content-Type": answer.content_type,
                    f"{HEADER}variant": variant,
                    "x-amzn-invoked-production-variant": variant,
                },
                answer.body,
            )
        return _model_error(variant, answer.status, answer.body)


def _model_error(variant: str, status: int, body: bytes) -> Response:
    side = "client" if 400 <= status < 500 else "server"
    original = body.decode("utf-8", errors="replace")
    message = f'Received {side} error ({status}) from {variant} with message "{original}".'
    text = {"Message": message, "OriginalMessage": original, "OriginalStatusCode": status}
    return 424, {"Content-Type": "application/json", "x-amzn-errortype": "ModelError"}, json.dumps(text).encode()
