"""What `predict` counted of an endpoint, read back from CloudWatch: exact sums, no percentiles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from evergreen.aws.clients import client, translated
from evergreen.releases.health import Health
from evergreen.serving.answer import SCORE_BINS
from evergreen.serving.telemetry import NAMESPACE, score_bin

_PERIOD = 60
_COUNTS = ("Requests", "Errors", "Slow")


class LiveMetrics:
    """The metrics of one deployment's endpoints."""

    def __init__(self, deployment: str) -> None:
        self._deployment = deployment

    def health(self, endpoint: str, since: datetime, *, now: datetime | None = None) -> Health:
        """The counts since the start of `since`'s minute, CloudWatch's own resolution."""
        end = (now or datetime.now(UTC)) + timedelta(minutes=2)
        start = since.replace(second=0, microsecond=0)
        sums = self._sums(endpoint, start, end)
        return Health(
            requests=sums["Requests"],
            errors=sums["Errors"],
            slow=sums["Slow"],
            score_bins=tuple(sums[score_bin(index)] for index in range(SCORE_BINS)),
        )

    def _sums(self, endpoint: str, start: datetime, end: datetime) -> dict[str, int]:
        names = [*_COUNTS, *(score_bin(index) for index in range(SCORE_BINS))]
        sums = dict.fromkeys(names, 0.0)
        request: dict[str, Any] = {
            "MetricDataQueries": [self._query(endpoint, name) for name in names],
            "StartTime": start,
            "EndTime": end,
        }
        try:
            for page in client("cloudwatch").get_paginator("get_metric_data").paginate(**request):
                for found in page["MetricDataResults"]:
                    sums[names[int(found["Id"][1:])]] += sum(found["Values"])
        except ClientError as error:
            raise translated(error, f"reading the metrics of {endpoint}") from error
        return {name: round(value) for name, value in sums.items()}

    def _query(self, endpoint: str, name: str) -> dict[str, Any]:
        index = _COUNTS.index(name) if name in _COUNTS else len(_COUNTS) + int(name[-2:])
        dimensions = [
            {"Name": "deployment", "Value": self._deployment},
            {"Name": "endpoint", "Value": endpoint},
        ]
        metric = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions}
        return {"Id": f"m{index}", "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "Sum"}}
