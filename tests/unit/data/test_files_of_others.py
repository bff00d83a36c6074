"""Files as other tools write them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evergreen.data.tables import read_file
from evergreen.errors import DataRefused
from evergreen.project.reader import parse_project

PROJECT = parse_project("project: churn\ntarget: churn\ndata: {dataset: customers}\n")
FRAME = pd.DataFrame({"age": [41, 23, 35], "churn": ["yes", "no", "no"]})


def test_a_shuffled_frames_row_labels_are_no_column(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    FRAME.sample(frac=1, random_state=0).to_parquet(path)

    assert read_file(path, PROJECT).column_names == ["age", "churn"]


def test_row_labels_in_a_csv_are_named_as_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    FRAME.to_csv(path)

    with pytest.raises(DataRefused, match=r"column 1 has no name; if it is a DataFrame's index"):
        read_file(path, PROJECT)


def test_text_that_is_not_utf_8_is_called_that(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes("city,churn\nZürich,yes\nBern,no\n".encode("latin-1"))

    with pytest.raises(DataRefused, match=r"column city holds bytes that are not UTF-8 text"):
        read_file(path, PROJECT)
