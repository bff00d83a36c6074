"""Small real tables, each taken through the jobs once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from tests.unit.training.jobs import Workshop


def bundled(load, target: str, names: list[str] | None = None) -> pa.Table:
    found = load()
    columns = {name.replace(" ", "_"): found.data[:, i] for i, name in enumerate(found.feature_names)}
    labels = [names[label] for label in found.target] if names else found.target
    return pa.table({**columns, target: labels})


def trips(rows: int = 1500, *, start: str = "2024-01-01", seed: int = 0) -> pa.Table:
    """A table with every column type, missing values, leaks and a time."""
    random = np.random.default_rng(seed)
    minutes = np.sort(random.integers(0, 60 * 24 * 60, rows))
    time = np.datetime64(start, "us") + minutes * np.timedelta64(60_000_000, "us")
    distance = random.gamma(2, 300, rows)
    line = random.choice([f"L{number}" for number in range(30)], rows)
    origin = random.choice(["A", "B", "C"], rows)
    delay = distance / 50 + (line < "L2") * 15 + (origin == "B") * 8 + random.normal(0, 10, rows)
    holes = random.random(rows) < 0.05
    return pa.table(
        {
            "trip_id": [f"t{number}" for number in range(rows)],
            "departure": pa.array(time, pa.timestamp("us", tz="UTC")),
            "distance": pa.array(distance, mask=holes),
            "line": pa.array(np.where(holes, None, line), pa.string()),
            "origin": origin,
            "express": random.random(rows) < 0.3,
            "country": ["X"] * rows,
            "note": pa.array([None] * rows, pa.string()),
            "delay": pa.array(delay, mask=random.random(rows) < 0.02),
        }
    )


TRIPS = """\
project: trips
target: {name: late, from: delay > 20}
data:
  dataset: trips
  time: departure
  key: [trip_id]
"""


@pytest.fixture(scope="session")
def cancer(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    project = "project: cancer\ntarget: {name: kind, positive: malignant}\ndata: {dataset: cancer}\n"
    table = bundled(load_breast_cancer, "kind", ["malignant", "benign"])
    return Workshop.of(tmp_path_factory.mktemp("cancer"), project, table).all_jobs()


@pytest.fixture(scope="session")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    table = bundled(load_iris, "species", ["setosa", "versicolor", "virginica"])
    return Workshop.of(
        tmp_path_factory.mktemp("iris"), "project: iris\ntarget: species\ndata: {dataset: iris}\n", table
    ).all_jobs()


@pytest.fixture(scope="session")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    project = "project: diabetes\ntarget: progression\ndata: {dataset: diabetes}\ntraining: {estimator: linear}\n"
    return Workshop.of(tmp_path_factory.mktemp("diabetes"), project, bundled(load_diabetes, "progression")).all_jobs()


@pytest.fixture(scope="session")
def late_trips(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    table = trips()
    return Workshop.of(tmp_path_factory.mktemp("trips"), TRIPS, table.slice(0, 700), table.slice(700)).all_jobs()
