"""Which AWS calls each function makes: recorded while its tests run, and written as IAM would ask for them."""

from __future__ import annotations

import re
import sys
import threading
from collections import defaultdict
from types import FrameType
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS

EVENT = "before-parameter-build"
HANDLER = re.compile(r"/lambdas/(\w+)/handler\.py$")
SERVICES = {"monitoring": "cloudwatch"}
ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:AbortMultipartUpload",  # what it ends with when a part fails
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
}
# function → permissions: `s3:GetObject data/truth/`, `dynamodb:PutItem ledger`, `sagemaker:CreateModel`
CALLS: defaultdict[str, set[str]] = defaultdict(set)


def listen() -> None:
    """Hear every call of every client that is made from now on."""
    if (EVENT, _record) not in BUILTIN_HANDLERS:
        BUILTIN_HANDLERS.append((EVENT, _record))


def _record(model: Any, params: dict[str, Any], **_: Any) -> None:
    function = _running()
    if function is not None:
        service = model.service_model.signing_name
        operation = f"{SERVICES.get(service, service)}:{model.name}"
        CALLS[function].add(" ".join([ACTIONS.get(operation, operation), *_place(params)]))


def _place(params: dict[str, Any]) -> list[str]:
    """The table, or the bucket and the first folder of the key or prefix."""
    if "Bucket" in params:
        key = params.get("Key", params.get("Prefix", ""))
        return [f"{params['Bucket']}/{key.partition('/')[0]}/"]
    return [params["TableName"]] if "TableName" in params else []


def _running() -> str | None:
    """The handler that the main thread is in: calls may come from its pools."""
    frame: FrameType | None = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if found := HANDLER.search(frame.f_code.co_filename):
            return found[1]
        frame = frame.f_back
    return None
