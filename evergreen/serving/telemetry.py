"""One JSON line a prediction request: the audit record, and the metrics that CloudWatch extracts from it (EMF).

Features never appear, only the hash of their canonical JSON.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from evergreen.serving.answer import Answer, score_counts, summary
from evergreen.serving.rows import Row
from evergreen.serving.traffic import Target

NAMESPACE = "Evergreen"


def score_bin(index: int) -> str:
    """The metric's name of a score bin: `ScoreBin00` holds scores in [0, 0.1).

    >>> score_bin(3)
    'ScoreBin03'
    """
    return f"ScoreBin{index:02d}"


@dataclass(frozen=True)
class Served:
    """One request that reached a model: who was asked, how long it took, what came back (None: an error)."""

    deployment: str
    request_id: str
    target: Target
    rows: list[Row]
    answer: Answer | None
    model_ms: float
    total_ms: float
    latency_limit_ms: float | None = None

    @property
    def slow(self) -> bool:
        """Whether the model took longer than the release allows."""
        return self.latency_limit_ms is not None and self.model_ms > self.latency_limit_ms


def features_hash(rows: list[Row]) -> str:
    """SHA-256 of the rows' canonical JSON."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def audit_line(served: Served, *, now_ms: int) -> dict[str, Any]:
    """The line to write: audit fields, metric values, and under `_aws` which of them are metrics."""
    by_endpoint = _endpoint_metrics(served)
    overall = {
        "ml_predictions_total": (len(served.rows) if served.answer else 0, "Count"),
        "ml_prediction_latency_seconds": (served.total_ms / 1000, "Seconds"),
    }
    directives = [_directive(["deployment", "endpoint"], by_endpoint), _directive(["deployment"], overall)]
    return {
        "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": directives},
        "message": "prediction",
        "deployment": served.deployment,
        "endpoint": served.target.endpoint,
        "request_id": served.request_id,
        "model_version": served.target.model_version,
        "digest": served.target.digest,
        "rows": len(served.rows),
        "features_hash": features_hash(served.rows),
        "predictions": summary(served.answer) if served.answer else None,
        "latency_ms": round(served.total_ms, 3),
        **{name: value for name, (value, _) in (by_endpoint | overall).items()},
    }


def _endpoint_metrics(served: Served) -> dict[str, tuple[float, str]]:
    metrics: dict[str, tuple[float, str]] = {
        "Requests": (1, "Count"),
        "Errors": (0 if served.answer else 1, "Count"),
        "Slow": (int(served.slow), "Count"),
        "ModelLatency": (round(served.model_ms, 3), "Milliseconds"),
    }
    counts = score_counts(served.answer) if served.answer else []
    return metrics | {score_bin(index): (count, "Count") for index, count in enumerate(counts) if count}


def _directive(dimensions: list[str], metrics: dict[str, tuple[float, str]]) -> dict[str, Any]:
    listed = [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()]
    return {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": listed}
