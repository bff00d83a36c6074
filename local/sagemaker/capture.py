"""Data capture: the JSON lines that SageMaker writes for an endpoint's requests and answers."""

from __future__ import annotations

import base64
import json
import random
import threading
import uuid
from collections import defaultdict
from datetime import UTC, datetime

from local.sagemaker.objects import Objects
from local.sagemaker.store import Record

FLUSH_SECONDS = 1.0
SIDES = {"Input": "endpointInput", "Output": "endpointOutput"}


class Capture:
    """Buffers lines per endpoint and variant, and writes them to S3 at least every second."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._buffers: dict[str, list[str]] = defaultdict(list)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, daemon=True, name="capture")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closed.set()

    def record(self, config: Record, place: str, event: dict[str, str], payloads: dict[str, tuple[bytes, str]]) -> None:
        """Buffer one invocation; `payloads` maps Input and Output to body and content type."""
        if not config.get("EnableCapture") or random.random() * 100 >= config["InitialSamplingPercentage"]:  # noqa: S311
            return
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        if "InputAndOutput" in modes:
            modes = set(SIDES)
        now = datetime.now(UTC)
        sides = {SIDES[mode]: _side(config, mode, *payloads[mode]) for mode in SIDES if mode in modes}
        metadata = {"eventId": str(uuid.uuid4()), **event, "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        line = json.dumps({"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":"))
        with self._lock:
            self._buffers[f"{config['DestinationS3Uri'].rstrip('/')}/{place}/{now:%Y/%m/%d/%H}"].append(line)

    def flush(self) -> None:
        """Write what is buffered."""
        with self._lock:
            full, self._buffers = self._buffers, defaultdict(list)
        for folder, lines in full.items():
            now = datetime.now(UTC)
            name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
            self._objects.put(f"{folder}/{name}", ("\n".join(lines) + "\n").encode())

    def _flush_regularly(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            self.flush()


def _side(config: Record, mode: str, body: bytes, content_type: str) -> dict[str, str]:
    """`JSON` or `CSV` text when the content type is declared as such, `BASE64` otherwise."""
    declared = config.get("CaptureContentTypeHeader", {})
    media = content_type.split(";", 1)[0].strip().lower()
    encodings = {"JSON": "JsonContentTypes", "CSV": "CsvContentTypes"}
    encoding = next((name for name, key in encodings.items() if media in declared.get(key, [])), "BASE64")
    data = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", errors="replace")
    return {"observedContentType": content_type, "mode": mode.upper(), "data": data, "encoding": encoding}
