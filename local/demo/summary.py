"""`summary.json`: every figure is read from the deployed system: ledger, state table, metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from evergreen.aws.clients import client
from evergreen.aws.deployment import STACKS
from evergreen.cli.session import Session

NAMESPACE = "Evergreen"
RUN_KEYS = (
    "run_id", "as_of", "trigger", "data_version", "outcome", "model_version", "metrics", "champion_metrics",
    "comparison", "judgement_reasons",
)  # fmt: skip
RELEASE_KEYS = (
    "release_id", "strategy", "from", "to", "as_of", "steps", "outcome", "reason", "requests", "failed_requests",
    "rollback_seconds", "digest", "started_at", "finished_at",
)  # fmt: skip
DECISION_KEYS = ("at", "triggers", "decision", "reason")


def summarise(session: Session) -> dict[str, Any]:
    """What happened, from the records of the deployment."""
    return {
        "stacks": [f"{session.deployment.name}-{part}" for part in STACKS],
        "data_versions": _entries(session, "data_version"),
        "runs": [_pick(found, RUN_KEYS) for found in _entries(session, "run")],
        "releases": [_pick(found, RELEASE_KEYS) for found in _entries(session, "release")],
        "predictions": _predictions(session),
        "drift": _entries(session, "drift"),
        "quality": _entries(session, "quality"),
        "decisions": [_pick(found, DECISION_KEYS) for found in _entries(session, "decision")],
    }


def _entries(session: Session, kind: Any) -> list[dict[str, Any]]:
    entries = session.ledger.query(kind, newest_first=False)
    entries.sort(key=lambda entry: entry.recorded_at)
    return [{"at": entry.at, "subject": entry.subject, **entry.evidence} for entry in entries]


def _pick(found: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: found.get(key) for key in keys}


def _predictions(session: Session) -> dict[str, Any]:
    own = _dimensions(session)
    percentiles = _points("ml_prediction_latency_seconds", own, period=86_400, ExtendedStatistics=["p50", "p99"])
    slowest = {
        name: max((point["ExtendedStatistics"][name] * 1000 for point in percentiles), default=None)
        for name in ("p50", "p99")
    }
    return {
        "count": int(_sum("ml_predictions_total", own)),
        "requests": int(_sum_over_endpoints(session, "Requests")),
        "failed": int(_sum_over_endpoints(session, "Errors")),
        "p50_ms": slowest["p50"],
        "p99_ms": slowest["p99"],
    }


def _dimensions(session: Session) -> list[dict[str, str]]:
    return [{"Name": "deployment", "Value": session.deployment.name}]


def _sum_over_endpoints(session: Session, metric: str) -> float:
    pages = (
        client("cloudwatch")
        .get_paginator("list_metrics")
        .paginate(Namespace=NAMESPACE, MetricName=metric, Dimensions=_dimensions(session))
    )
    return sum(_sum(metric, found["Dimensions"]) for page in pages for found in page["Metrics"])


def _sum(metric: str, dimensions: list[dict[str, str]]) -> float:
    return float(sum(point["Sum"] for point in _points(metric, dimensions, Statistics=["Sum"])))


def _points(
    metric: str, dimensions: list[dict[str, str]], *, period: int = 60, **statistics: list[str]
) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    answer = client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=dimensions,
        StartTime=now - timedelta(hours=12),
        EndTime=now + timedelta(minutes=1),
        Period=period,
        **statistics,
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points
