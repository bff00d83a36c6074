"""prepare: a data version becomes training, validation and test rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.unit.training.conftest import TRIPS, trips
from tests.unit.training.jobs import Workshop


def names(shop: Workshop, kind: str) -> list[str]:
    return [column["name"] for column in shop.spec[kind]]


def test_infers_binary_multiclass_and_regression(cancer: Workshop, iris: Workshop, diabetes: Workshop) -> None:
    problems = [shop.spec["problem"] for shop in (cancer, iris, diabetes)]

    assert problems == ["binary_classification", "multiclass_classification", "regression"]
    assert cancer.spec["classes"] == ["benign", "malignant"]
    assert iris.spec["classes"] == ["setosa", "versicolor", "virginica"]


def test_leaves_out_the_target_sources_ids_and_constants(late_trips: Workshop) -> None:
    assert names(late_trips, "columns") == ["departure", "distance", "line", "origin", "express"]
    assert names(late_trips, "passthrough") == ["trip_id", "country"]
    assert "delay" not in pq.read_table(late_trips.prepared / "train").column_names


def test_knows_which_columns_may_be_null(late_trips: Workshop) -> None:
    nullable = {column["name"]: column["nullable"] for column in late_trips.spec["columns"]}

    assert nullable == {"departure": False, "distance": True, "line": True, "origin": False, "express": False}


def test_splits_by_time_without_overlap_and_keeps_the_test_rows_apart(late_trips: Workshop) -> None:
    parts = [late_trips.prepared / "train", late_trips.prepared / "validation", late_trips.heldout]
    ends = [pc.min_max(pq.read_table(part)["departure"]).as_py() for part in parts]

    assert ends[0]["max"] < ends[1]["min"]
    assert ends[1]["max"] < ends[2]["min"]
    assert not [path for path in late_trips.prepared.rglob("*") if "test" in path.name]


def test_drops_rows_without_a_target(late_trips: Workshop) -> None:
    labelled = trips()["delay"]

    assert sum(late_trips.spec["rows"].values()) == len(labelled) - labelled.null_count


def test_a_random_split_keeps_each_row_on_its_side_when_rows_are_added(tmp_path: Path) -> None:
    project = TRIPS.replace("  time: departure\n", "")
    table = trips()
    small = Workshop.of(tmp_path / "small", project, table.slice(0, 900))
    large = Workshop.of(tmp_path / "large", project, table.slice(400), table.slice(0, 400))

    assert (small.prepare().code, large.prepare().code) == (0, 0)

    before = set(pq.read_table(small.heldout)["trip_id"].to_pylist())
    after = set(pq.read_table(large.heldout)["trip_id"].to_pylist())
    assert before < after
    assert not set(pq.read_table(large.prepared / "train")["trip_id"].to_pylist()) & before


def test_text_that_holds_times_is_a_timestamp_and_unique_text_is_an_id(tmp_path: Path) -> None:
    rows = 200
    table = pa.table(
        {
            "when": [f"2024-01-{day % 28 + 1:02d}T{day % 24:02d}:00:00Z" for day in range(rows)],
            "code": [f"c{number}" for number in range(rows)],
            "size": [number % 7 for number in range(rows)],
            "y": [number % 2 for number in range(rows)],
        }
    )
    shop = Workshop.of(tmp_path, "project: p\ntarget: y\ndata: {dataset: d}\n", table)

    assert shop.prepare().code == 0
    assert {column["name"]: column["type"] for column in shop.spec["columns"]} == {
        "when": "timestamp",
        "size": "number",
    }
    assert names(shop, "passthrough") == ["code"]


@pytest.mark.parametrize(
    ("project", "sentence"),
    [
        ("project: p\ntarget: country\ndata: {dataset: d}\n", "country is 'X' in every training row"),
        ("project: p\ntarget: line\ndata: {dataset: d}\nobjective: {metric: rmse}\n", "line holds text"),
        (
            "project: p\ntarget: origin\ndata: {dataset: d}\nobjective: {problem: binary_classification}\n",
            "holds 3 classes",
        ),
        (TRIPS + "  split: {by: time, validation: 60d, test: 60d}\n", "leaves no training rows"),
    ],
)
def test_refuses_with_a_sentence_where_sagemaker_looks_for_it(tmp_path: Path, project: str, sentence: str) -> None:
    shop = Workshop.of(tmp_path, project, trips(400))

    done = shop.prepare()

    assert done.code == 1
    assert sentence in (shop.base / "output/message").read_text()
    assert sentence in done.error
    assert "Traceback" not in done.error


def test_an_input_without_parquet_is_refused(tmp_path: Path) -> None:
    shop = Workshop.of(tmp_path, TRIPS)
    (shop.base / "processing/input/data").mkdir(parents=True)

    assert shop.prepare().code == 1
    assert "holds no Parquet file" in (shop.base / "output/message").read_text()
