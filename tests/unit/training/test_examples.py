"""The examples pass the project file's checks, and their data fits them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from evergreen.data.tables import read_file
from evergreen.project.reader import read_project
from tests.unit.training.jobs import ROOT, Workshop

EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("name", ["flights", "churn"])
@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_the_project_file_is_valid_in_every_stage(name: str, stage: str) -> None:
    assert read_project(EXAMPLES / name / "project.yaml", stage=stage).project == name


def fetched(name: str, directory: Path) -> list[Path]:
    script = EXAMPLES / name / "fetch.py"
    subprocess.run([sys.executable, str(script), str(directory)], check=True, capture_output=True)
    return sorted(directory.iterdir())


def test_flights_are_twelve_months_with_unique_ids(tmp_path: Path) -> None:
    months = fetched("flights", tmp_path)
    project = read_project(EXAMPLES / "flights/project.yaml")
    table = pa.concat_tables([read_file(month, project) for month in months])

    assert len(months) == 12
    assert table.num_rows == 336_776
    assert len(pc.unique(table["flight_id"])) == table.num_rows
    assert table["arr_delay"].null_count == 9_430
    assert str(pc.min(table["scheduled_departure"]).as_py()) == "2013-01-01 05:15:00+00:00"


def test_the_first_months_of_flights_train_a_model_that_passes_its_gates(tmp_path: Path) -> None:
    files = fetched("flights", tmp_path / "data")[:2]
    text = (EXAMPLES / "flights/project.yaml").read_text()

    shop = Workshop.of(tmp_path / "job", text, *(pq.read_table(file) for file in files)).all_jobs()

    assert shop.evaluation["reference_metric"] > 0.58
    assert shop.spec["problem"] == "binary_classification"


def test_churn_trains_a_model_that_passes_its_gates(tmp_path: Path) -> None:
    (file,) = fetched("churn", tmp_path / "data")
    project = EXAMPLES / "churn/project.yaml"
    table = read_file(file, read_project(project))

    shop = Workshop.of(tmp_path / "job", project.read_text(), table).all_jobs()

    assert shop.evaluation["reference_metric"] > 0.8
    assert shop.document("contract.json")["target"]["classes"] == ["No", "Yes"]
