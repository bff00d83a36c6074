"""What cannot be judged at all is refused by file and place."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.errors import DataRefused
from evergreen.project.reader import parse_project
from evergreen.times import instant
from evergreen.validation.files import judge_path
from evergreen.validation.judge import Judge

PROJECT = """
project: p
target: y
data:
  dataset: d
  rules:
    checks:
      - {column_unique_value_count_to_be_between: {column: far, max: 2}}
"""
JUDGE = Judge(parse_project(PROJECT), instant("2024-01-01"))


def test_a_time_that_no_profile_holds(tmp_path: Path) -> None:
    far = pa.array([2**31 - 1], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({"far": far, "y": [1.0]}), tmp_path / "dates.parquet")

    with pytest.raises(DataRefused, match=r"^dates\.parquet: column far holds times that are more than 292,000 years"):
        judge_path(JUDGE, tmp_path / "dates.parquet")


@pytest.mark.parametrize("rows", [3, 400_000])
@pytest.mark.parametrize("packed", [False, True])
def test_bytes_that_are_no_text(tmp_path: Path, rows: int, packed: bool) -> None:
    content = b"name,y\n" + b"a long enough text to fill a block of it,1\n" * rows + b"caf\xe9,2\n"
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(content, 1) if packed else content)

    with pytest.raises(DataRefused, match=rf"^{path.name}, line {rows + 2:,}: byte 4 of the line is not UTF-8"):
        judge_path(JUDGE, path)
