"""A deployment in moto with a champion, its capture and its truth."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from evergreen.aws.clients import client
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.drift.reference import build_reference

PROJECT = """\
project: flights
target: {name: late, from: arr_delay > 15}
data: {dataset: flights, time: scheduled}
objective: {problem: binary_classification, metric: roc_auc}
monitoring: {drift: {window: 7d, min_rows: 100}, quality: {window: 7d, min_labels: 100}}
"""
START = datetime(2013, 4, 1, tzinfo=UTC)
AS_OF = "2013-04-08T00:00:00Z"
ANSWERED = datetime(2026, 3, 1, 12, tzinfo=UTC)  # event time is the data's own; answers are given today
LABELLED = ANSWERED + timedelta(hours=1)
CONTRACT = {
    "format": 1,
    "problem": "binary_classification",
    "target": {"name": "late", "classes": [False, True], "positive": None},
    "time": "scheduled",
    "columns": [
        {"name": "distance", "type": "number", "nullable": False},
        {"name": "carrier", "type": "category", "nullable": True},
        {"name": "scheduled", "type": "timestamp", "nullable": False},
    ],
    "passthrough": [],
}
MODEL = {"metric": "roc_auc", "metrics": {"roc_auc": 0.8}, "reference_metric": 0.8, "data_rows": 20_000}


@dataclass
class World:
    """The parts that a monitor touches."""

    data: Objects
    artifacts: Objects
    state: StateTable
    ledger: Ledger

    def promote(self, version: str = "1.0.0", *, challenger: str | None = None) -> None:
        """Make a version the champion, with a contract, a reference and a record."""
        for name in (version, challenger):
            if name:
                self._artifact(name)
        found = self.state.get("traffic")
        item: dict[str, Any] = {
            "champion": target(version),
            "challenger": target(challenger) if challenger else None,
            "share": 0.0,
            "release_id": "rel-1" if challenger else None,
            "history": [],
            "salt": "",
        }
        self.state.replace("traffic", "-", item, expected_epoch=found["epoch"] if found else 0)

    def capture(self, rows: list[dict[str, Any]], scores: list[float], request: str, **options: Any) -> None:
        """Write one capture object of one request, as SageMaker does."""
        version, at = options.get("version", "1.0.0"), options.get("at", ANSWERED)
        predictions = [{"prediction": score > 0.5, "confidence": abs(score), "score": score} for score in scores]
        answer = {"model_version": version, "digest": "d", "predictions": predictions}
        body = capture_line({"rows": rows}, answer, request, at, encoded=options.get("encoded", False))
        endpoint = f"flights-local-{version.replace('.', '-')}"
        self.data.put(f"capture/{endpoint}/AllTraffic/{at:%Y/%m/%d/%H}/{request}.jsonl", body)

    def feedback(
        self, labels: dict[str, Any], *, at: datetime = ANSWERED + timedelta(hours=1), name: str = "a"
    ) -> None:
        """Write labels as POST /feedback does."""
        listed = [{"prediction_id": key, "label": label} for key, label in labels.items()]
        body = json.dumps({"received_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "labels": listed}).encode()
        self.data.put(f"truth/{at:%Y/%m/%d/%H%M%S}000-{name}.json", body)

    def _artifact(self, version: str) -> None:
        random = np.random.default_rng(0)
        columns: dict[str, Any] = {
            "distance": random.normal(1000, 200, 20_000),
            "carrier": random.choice(np.array(["AA", "UA"], dtype=object), 20_000),
        }
        reference = build_reference(
            columns, {"distance": "number", "carrier": "category"}, random.random(20_000), None, timedelta(days=7)
        )
        self.artifacts.put(f"models/{version}/contract.json", json.dumps(CONTRACT).encode())
        self.artifacts.put(f"models/{version}/reference.json", json.dumps(reference).encode())
        record = MODEL | {"model_version": version, "as_of": "2013-04-01T00:00:00Z"}
        self.state.put_new("model", version, record)


def target(version: str) -> dict[str, Any]:
    """A model version as the traffic table names it."""
    return {
        "model_version": version,
        "endpoint": f"flights-local-{version.replace('.', '-')}",
        "digest": "d",
        "artifact_uri": f"s3://artifacts/models/{version}/",
        "contract_key": f"models/{version}/contract.json",
        "promoted_at": "2013-04-01T00:00:00Z",
    }


def capture_line(rows: Any, answer: Any, request: str, at: datetime, *, encoded: bool = False) -> bytes:
    """One line of a capture object."""

    def part(payload: Any) -> dict[str, str]:
        text = json.dumps(payload)
        data = base64.b64encode(text.encode()).decode() if encoded else text
        content = {"observedContentType": "application/json", "mode": "INPUT"}
        return content | {"data": data, "encoding": "BASE64" if encoded else "JSON"}

    event = {"eventId": f"e-{request}", "inferenceId": request, "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    line = {"captureData": {"endpointInput": part(rows), "endpointOutput": part(answer)}, "eventMetadata": event}
    return json.dumps(line | {"eventVersion": "0"}).encode() + b"\n"


def flights(rows: int, *, seed: int = 1, distance: float = 1000.0, days: int = 7) -> list[dict[str, Any]]:
    """Request rows, spread over the days from START."""
    random = np.random.default_rng(seed)
    step = timedelta(days=days) / rows
    return [
        {
            "distance": float(random.normal(distance, 200)),
            "carrier": str(random.choice(["AA", "UA"])),
            "scheduled": f"{START + step * row:%Y-%m-%dT%H:%M:%SZ}",
        }
        for row in range(rows)
    ]


def create_storage() -> World:
    """Buckets and tables, empty."""
    for bucket in ("data", "artifacts"):
        client("s3").create_bucket(Bucket=bucket)
    for table in ("state", "ledger"):
        client("dynamodb").create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return World(Objects("data"), Objects("artifacts"), StateTable("state"), Ledger("ledger"))
