"""The months that follow, as callers send them: rows over HTTP, and their outcomes when they are known."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from evergreen.cli.api import Api
from evergreen.data.target import target_of
from evergreen.project import Project

Row = dict[str, Any]
BATCH = 500
PROBE_BATCH = 5
SENDERS = 2


@dataclass
class Sent:
    """What became of the rows: labels by prediction id, and how many requests failed."""

    labels: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    failed: int = 0


class Month:
    """One month's rows in time order, taken from the front by whoever sends next."""

    def __init__(self, table: pa.Table, project: Project) -> None:
        assert project.data.time is not None
        table = table.sort_by(project.data.time)
        target = target_of(project)
        hidden = {name for name, column in project.data.columns.items() if column.available == "after_outcome"}
        self._rows = table.select([name for name in table.column_names if name not in hidden]).to_pylist()
        self._labels = target.labels(table[target.column].to_pylist())
        self._next = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> list[tuple[Row, Any]]:
        """Up to `count` rows that nobody has taken, each with its outcome (None: it never had one)."""
        with self._lock:
            start, self._next = self._next, min(self._next + count, len(self._rows))
            return [
                (_json(row), label)
                for row, label in zip(self._rows[start : self._next], self._labels[start:], strict=False)
            ]

    def rewind(self, count: int) -> None:
        """Offer the last `count` rows again."""
        with self._lock:
            self._next = max(0, len(self._rows) - count)

    def __len__(self) -> int:
        return len(self._rows)


class Callers:
    """Applications that call the API."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.sent = Sent()
        self._lock = threading.Lock()

    def send_all(self, month: Month, on_progress: Callable[[int], None]) -> None:
        """Every remaining row of the month, in large requests, a few at a time."""
        with ThreadPoolExecutor(SENDERS) as pool:
            done = 0
            for count in pool.map(self._send, iter(lambda: month.take(BATCH), [])):
                done += count
                on_progress(done)

    def send_while(self, month: Month, going: Callable[[], bool]) -> None:
        """Small requests, one after the other from each caller, for as long as a release is going."""

        def call() -> None:
            while going():
                if not (rows := month.take(PROBE_BATCH)):
                    month.rewind(2000)
                    continue
                self._send(rows)

        with ThreadPoolExecutor(SENDERS) as pool:
            for caller in [pool.submit(call) for _ in range(SENDERS)]:
                caller.result()

    def report_outcomes(self) -> int:
        """Send the true outcomes of everything sent so far as feedback; returns how many."""
        with self._lock:
            labels, self.sent.labels = self.sent.labels, []
        for start in range(0, len(labels), 10_000):
            self.api.expect("POST", "/feedback", json.dumps({"labels": labels[start : start + 10_000]}).encode())
        return len(labels)

    def _send(self, rows: list[tuple[Row, Any]]) -> int:
        status, answer = self.api.call("POST", "/predict", json.dumps({"rows": [row for row, _ in rows]}).encode())
        with self._lock:
            self.sent.requests += 1
            if status != 200:
                self.sent.failed += 1
                return len(rows)
            for (_, label), prediction in zip(rows, answer["predictions"], strict=True):
                if label is not None:
                    self.sent.labels.append({"prediction_id": prediction["prediction_id"], "label": label})
        return len(rows)


def _json(row: Row) -> Row:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
