"""`summary.json`: every figure is read from the deployed system: ledger, state table, metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from evergreen.aws.clients import client
from evergreen.aws.deployment import STACKS
from evergreen.cli.session import Session

RUN_KEYS = (
    "run_id", "as_of", "trigger", "data_version", "outcome", "model_version", "metrics", "champion_metrics", "comparison",
    "judgement_reasons",
)  # fmt: skip
RELEASE_KEYS = (
    "release_id", "strategy", "from", "to", "as_of", "steps", "outcome", "reason", "requests", "failed_requests",
    "rollback_seconds", "live_digest", "started_at", "finished_at",
)  # fmt: skip
DECISION_KEYS = ("at", "triggers", "decision", "reason", "run_id")


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
    latency = _statistics(session, "ml_prediction_latency_seconds", "Seconds", ["p50", "p99"])
    return {
        "count": int(_total(session, "ml_predictions_total")),
        "requests": int(_total(session, "ApiRequests")),
        "failed": int(_total(session, "ApiErrors")),
        "p50_ms": latency.get("p50"),
        "p99_ms": latency.get("p99"),
    }


def _total(session: Session, metric: str) -> float:
    points = _points(session, metric, Statistics=["Sum"])
    return sum(point["Sum"] for point in points)


def _statistics(session: Session, metric: str, unit: str, percentiles: list[str]) -> dict[str, float]:
    points = _points(session, metric, ExtendedStatistics=percentiles, period=86_400)
    scale = 1000.0 if unit == "Seconds" else 1.0
    found = {name: [point["ExtendedStatistics"][name] * scale for point in points] for name in percentiles}
    return {name: round(max(values), 2) for name, values in found.items() if values}


def _points(session: Session, metric: str, *, period: int = 60, **statistics: list[str]) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    answer = client("cloudwatch").get_metric_statistics(
        Namespace="Evergreen",
        MetricName=metric,
        Dimensions=[{"Name": "deployment", "Value": session.deployment.name}],
        StartTime=now - timedelta(hours=12),
        EndTime=now + timedelta(minutes=1),
        Period=period,
        **statistics,
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points
