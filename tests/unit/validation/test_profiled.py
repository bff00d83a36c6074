"""`evergreen data validate --profile`: a saved profile stands for the file that it was made of, and no other."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.errors import EvergreenError

PROJECT = """
project: p
target: y
data:
  dataset: d
  columns: {y: {type: number}, c: {type: category, allowed: [a, b]}}
  rules: {min_rows: 1}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("project.yaml").write_text(PROJECT)
    pq.write_table(rows("a", "b"), "d.parquet")
    run("profile", "d.parquet", "--out", "d.profile")
    return tmp_path


def rows(*texts: str) -> pa.Table:
    return pa.table({"y": [0, 1], "c": [*texts]})


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, [*arguments])
    error = result.exception if not isinstance(result.exception, SystemExit) else None
    return result.exit_code, result.output, error


def test_a_file_that_changed_after_its_profile_is_read_whole(folder: Path) -> None:
    before = run("data", "validate", "d.parquet", "--profile", "d.profile")
    pq.write_table(rows("a", "z"), "d.parquet")

    code, output, _ = run("data", "validate", "d.parquet", "--profile", "d.profile")

    assert before == (0, "d.parquet: 8 rules on 2 rows: all hold\n", None)
    assert code == 1
    assert "d.parquet changed after d.profile was written: all of it is read" in output
    assert "expected values in ('a', 'b'), found 1 of 2 values otherwise" in output.replace("\n", "")


def test_an_older_file_that_took_its_place_is_read_whole(folder: Path) -> None:
    pq.write_table(rows("a", "z"), "old.parquet")
    os.utime("old.parquet", (0, 0))
    Path("old.parquet").rename("d.parquet")

    assert run("data", "validate", "d.parquet", "--profile", "d.profile")[0] == 1


@pytest.mark.parametrize("files", [["d.csv"], ["."], ["d.parquet", "d.parquet"]])
def test_a_profile_is_of_one_parquet_file(folder: Path, files: list[str]) -> None:
    Path("d.csv").write_text("y,c\n0,a\n")

    error = run("data", "validate", *files, "--profile", "d.profile")[2]

    assert isinstance(error, EvergreenError)
    assert str(error) == "--profile is about one Parquet file"
