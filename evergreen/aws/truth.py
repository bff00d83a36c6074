"""True outcomes as they arrived: the latest label of each prediction."""

from __future__ import annotations

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from evergreen.aws.objects import Objects

PREFIX = "truth/"
SKEW = timedelta(minutes=5)  # the clocks of the writer of labels and of the endpoint may differ by this
THREADS = 8


@dataclass(frozen=True)
class Truth:
    """Labels by prediction id, and how many objects or labels could not be read."""

    labels: dict[str, Any]
    unreadable: int


def read_truth(data: Objects, predictions: Collection[str], captured_from: datetime) -> Truth:
    """Return the labels of these predictions; none arrived before the first of them was answered."""
    begin = captured_from - SKEW
    keys = list(data.list(PREFIX, start_after=f"{PREFIX}{begin:%Y/%m/%d/%H%M%S}000"))
    labels: dict[str, Any] = {}
    unreadable = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for body in pool.map(data.get, keys):  # in key order, which is the order of arrival: the latest wins
            try:
                arrived = {entry["prediction_id"]: entry["label"] for entry in json.loads(body)["labels"]}
            except (ValueError, KeyError, TypeError):
                unreadable += 1
                continue
            labels.update((key, label) for key, label in arrived.items() if key in predictions)
    return Truth(labels, unreadable)
