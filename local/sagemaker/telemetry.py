"""What SageMaker tells the rest of the cloud: metrics, events and logs, handed to ministack in process."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from ministack.services import cloudwatch, eventbridge

NAMESPACE = "AWS/SageMaker"


class Telemetry:
    """One sink for metrics, EventBridge events and CloudWatch Logs."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs

    def event(self, detail_type: str, detail: dict[str, Any], *, arn: str) -> None:
        """Publish a state change on the default bus."""
        entry = {"Source": "aws.sagemaker", "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": [arn]}
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    def invocation(self, dimensions: dict[str, str], status: int, seconds: float) -> None:
        """The metrics that SageMaker writes for each invocation of a variant."""
        micros = "Microseconds"
        cloudwatch.record_metric(NAMESPACE, "Invocations", 1, "None", dimensions)
        cloudwatch.record_metric(NAMESPACE, "ModelLatency", seconds * 1e6, micros, dimensions)
        cloudwatch.record_metric(NAMESPACE, "Invocation4XXErrors", float(400 <= status < 500), "None", dimensions)
        cloudwatch.record_metric(NAMESPACE, "Invocation5XXErrors", float(status >= 500), "None", dimensions)

    def logs(self, kind: str, stream: str, text: str) -> None:
        """Put a process's output into `/aws/sagemaker/<kind>`."""
        group, now = f"/aws/sagemaker/{kind}", int(time.time() * 1000)
        lines = [line for line in text.splitlines() if line.strip()]
        if not lines:
            return
        exists = self._logs.exceptions.ResourceAlreadyExistsException
        with contextlib.suppress(exists):
            self._logs.create_log_group(logGroupName=group)
        with contextlib.suppress(exists):
            self._logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now, "message": line} for line in lines]
        for start in range(0, len(events), 1000):
            self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[start : start + 1000])
