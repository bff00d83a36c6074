"""A small made-up dataset with a known change: from April on, one carrier is late and the distances have grown."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_MONTH = 1500
CHANGES_IN = 4

PROJECT = """\
project: parcels
target: {name: late, from: hours > 48}
objective: {problem: binary_classification, metric: roc_auc}

data:
  dataset: parcels
  time: sent_at
  key: [parcel_id]
  columns:
    carrier: {type: category}
    depot: {type: category, allowed: [north, south]}
    distance: {type: number, min: 0}
    express: {type: boolean}
    sent_at: {type: timestamp}
    parcel_id: {type: id}
    hours: {type: number, available: after_outcome}
  rules: {min_rows: 1000}
  split: {by: time, validation: 7d, test: 7d}

training: {parameters: {max_iter: 60}}

release:
  steps:
    - {share: 5%, requests: 5}
    - {share: 25%, requests: 20}
    - {share: 100%, requests: 200}
  bake: 1s
  check_every: 1s
  roll_back_when: {error_rate: "> 1%", model_latency_p99: "> 5s"}

serving: {max_rows: 500, quota: {per_second: 5000, burst: 5000, per_day: 10000000}}

monitoring:
  drift: {every: 30d, window: 30d}
  quality: {every: 30d, window: 30d}

retraining: {when: {older_than: null}, every: 30d, in_a_row: 1, cooldown: 1d}
"""

ROW = {
    "carrier": "swift",
    "depot": "north",
    "distance": 250.5,
    "express": False,
    "sent_at": "2013-03-10T08:00:00Z",
}


def write_months(folder: Path, months: range) -> list[Path]:
    """One Parquet file per month of 2013, as the demo's story looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"2013-{month:02d}.parquet" for month in months]
    for month, file in zip(months, files, strict=True):
        pq.write_table(month_of_parcels(month), file)
    return files


def month_of_parcels(month: int, rows: int = ROWS_A_MONTH) -> pa.Table:
    """The parcels of a month of 2013."""
    random = np.random.default_rng(month)
    changed = month >= CHANGES_IN
    carrier = random.choice(["swift", "steady", "cheap"], rows)
    distance = random.gamma(4.0, 120.0 if changed else 60.0, rows).round(1)
    express = random.random(rows) < 0.3
    slow = "swift" if changed else "cheap"
    hours = 20 + distance / 12 + 18 * (carrier == slow) - 12 * express + random.normal(0, 6, rows)
    start = datetime(2013, month, 1, tzinfo=UTC)
    seconds = np.sort(random.integers(0, calendar.monthrange(2013, month)[1] * 86_400, rows))
    sent_at = [start + timedelta(seconds=int(second)) for second in seconds]
    return pa.table(
        {
            "parcel_id": [f"p{month:02d}-{number:05d}" for number in range(rows)],
            "sent_at": pa.array(sent_at, pa.timestamp("s", "UTC")),
            "carrier": carrier,
            "depot": random.choice(["north", "south"], rows),
            "distance": distance,
            "express": express,
            "hours": hours.round(1),
        }
    )
