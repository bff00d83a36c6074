"""One report on a file, whatever its kind, and the one that a commit would make."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from evergreen.errors import DataRefused
from evergreen.profiles.build import profile, profile_file
from evergreen.project.reader import parse_project
from evergreen.validation.files import judge_path, judge_profiled
from evergreen.validation.judge import Judge, judge_tables

FILE_RULES = """
project: p
target: y
data:
  dataset: d
  columns:
    y: {type: number}
    id: {type: id}
    x: {type: number, min: 0, max: 99}
    c: {type: category, allowed: [a, b]}
  rules: {min_rows: 1, unique: [id], outliers: {beyond: 2sd, at_most: 0%}}
"""


@pytest.fixture
def rows_with_mistakes() -> pa.Table:
    x = [float(at % 90) for at in range(3_000)]
    x[1_500] = 777.0
    columns: dict[str, list[Any]] = {
        "y": [0, 1] * 1_500,
        "id": [str(at % 2_999) for at in range(3_000)],
        "x": x,
        "c": ["a", "b", "z"] * 1_000,
    }
    return pa.table(columns)


def test_files_of_every_kind_have_one_report(tmp_path: Path, rows_with_mistakes: pa.Table) -> None:
    pq.write_table(rows_with_mistakes, tmp_path / "rows.parquet", row_group_size=700)
    pa_csv.write_csv(rows_with_mistakes, tmp_path / "rows.csv")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_with_mistakes.to_pylist()))
    judge = Judge(parse_project(FILE_RULES))

    reports = [judge_path(judge, tmp_path / f"rows.{kind}") for kind in ("parquet", "csv", "jsonl")]

    assert len({report.results for report in reports}) == 1
    assert {result.declared: result.finding.unexpected for result in reports[0].violations} == {
        "data.columns.x": 1, "data.columns.c.allowed": 1_000, "data.rules.unique": 2, "data.rules.outliers": 1,
    }  # fmt: skip
    samples = {result.declared: str(result.finding.samples[-1]) for result in reports[0].violations}
    assert samples["data.rules.unique"] == "row 3,000"
    assert samples["data.columns.x"] == "777 (row 1,501)"


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_whole_numbers_that_a_double_does_not_hold_are_refused_as_a_commit_does(tmp_path: Path, kind: str) -> None:
    found = pa.table({"y": [0, 1], "id": ["a", "b"], "x": [1, 2**53 + 1], "c": ["a", "b"]})
    pq.write_table(found, tmp_path / "rows.parquet")
    pa_csv.write_csv(found, tmp_path / "rows.csv")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found.to_pylist()))

    with pytest.raises(DataRefused, match=rf"rows\.{kind}: column x, row 2: 9{{16}} has more digits"):
        judge_path(Judge(parse_project(FILE_RULES)), tmp_path / f"rows.{kind}")


def test_a_profiled_file_has_the_report_of_the_whole_scan(tmp_path: Path, rows_with_mistakes: pa.Table) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows_with_mistakes, path)
    judge = Judge(parse_project(FILE_RULES))

    found = judge_profiled(judge, path, profile_file(path))

    assert [each.finding.verdict for each in found.results] == [
        each.finding.verdict for each in judge_path(judge, path).results
    ]
    with pytest.raises(DataRefused, match=r"rows\.parquet: the profile is of other data"):
        judge_profiled(judge, path, profile(rows_with_mistakes.slice(1)))


@pytest.mark.parametrize("changed", [[1, 2, 9], [1, None, 3], [0, 2, 3]])
def test_a_profile_of_the_file_before_it_changed_is_refused(tmp_path: Path, changed: list[int | None]) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"y": [0, 1, 0], "x": [1, 2, 3]}), path)
    before = profile_file(path)
    pq.write_table(pa.table({"y": [0, 1, 0], "x": changed}), path)

    with pytest.raises(DataRefused, match=r"rows\.parquet: the profile is of other data"):
        judge_profiled(Judge(parse_project("{project: p, target: y, data: {dataset: d}}")), path, before)


@pytest.mark.parametrize(
    ("kind", "values", "passed"),
    [
        ("timestamp", pa.array([1000, 2000], pa.timestamp("ns")), True),
        ("number", pa.array([Decimal("0.1"), Decimal("0.1")], pa.decimal128(38, 20)), False),
        ("id", pa.array([Decimal(2**53), Decimal(2**53 + 1)], pa.decimal128(20, 0)), True),
        ("number", pa.array(["5", "6"]), True),
    ],
)
def test_values_are_judged_as_a_commit_stores_them(tmp_path: Path, kind: str, values: pa.Array, passed: bool) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"y": [0, 1], "k": values}), path)
    columns = f"{{y: {{type: number}}, k: {{type: {kind}}}}}"
    rules = f"data: {{dataset: d, columns: {columns}, rules: {{min_rows: 1, unique: [k]}}}}"
    judge = Judge(parse_project(f"{{project: p, target: y, {rules}}}"))

    reports = judge_path(judge, path), judge_profiled(judge, path, profile_file(path))

    assert [report.verdict for report in reports] == ["pass" if passed else "fail"] * 2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pa.array([1000, 2500], pa.timestamp("ns")), "the first in row 2; round them to microseconds"),
        (pa.array([Decimal("0.1"), Decimal("10000000000000000.1")]), r"row 2: 9+\.9 has more"),
    ],
)
def test_values_that_no_version_holds_are_refused_as_a_commit_does(tmp_path: Path, values: pa.Array, said: str) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"y": [0, 1], "k": values}), path)
    judge = Judge(parse_project("{project: p, target: y, data: {dataset: d}}"))

    for judged in (lambda: judge_path(judge, path), lambda: judge_profiled(judge, path, profile_file(path))):
        with pytest.raises(DataRefused, match=f"rows.parquet: column k.* {said}"):
            judged()


def test_of_columns_that_a_commit_joins_a_file_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"y": [0, 1], "k": ["a", "b"]}), path)
    judge = Judge(
        parse_project("""
project: p
target: y
data:
  dataset: d
  columns: {y: {type: number}, k: {type: id}, t: {type: number, max: 5}}
  join: [{dataset: w, on: [k], columns: [t]}]
  rules:
    min_rows: 1
    checks:
      - {table_columns_to_match_set: {columns: [y, k, t]}}
      - {expression: y < t}
      - {column_max_to_be_between: {column: k, max: 1}}
""")
    )

    reports = judge_path(judge, path), judge_profiled(judge, path, profile_file(path))

    assert [[each.declared for each in report.undecided] for report in reports] == [
        ["data.columns.t", "data.columns.t.type", "data.columns.t", "data.rules.checks[1].expression"]
    ] * 2
    assert [[each.columns for each in report.violations] for report in reports] == [[("k",)]] * 2


def test_a_folder_is_one_table_and_its_rows_are_counted_on(tmp_path: Path, rows_with_mistakes: pa.Table) -> None:
    (tmp_path / "rows").mkdir()
    for at in range(3):
        pq.write_table(rows_with_mistakes.slice(at * 1_000, 1_000), tmp_path / f"rows/{at}.parquet")

    found = judge_path(Judge(parse_project(FILE_RULES)), tmp_path / "rows")

    assert found.rows == 3_000
    assert {result.declared: result.finding.unexpected for result in found.violations}["data.rules.unique"] == 2


def test_columns_that_are_absent_or_of_another_type_are_findings() -> None:
    found = pa.table({"y": [0, 1], "id": [1, 2], "x": ["one", "two"]})

    report = judge_tables(Judge(parse_project(FILE_RULES)), [found], name="d")

    assert [(result.rule.removeprefix("expect_"), result.finding.observed) for result in report.violations] == [
        ("column_values_to_be_of_type", "text"),
        ("column_values_to_be_between", "texts in it"),
        ("column_to_exist", "no column c"),
        ("column_values_to_be_of_type", "no column c"),
        ("column_values_to_be_in_set", "no column c"),
        ("column_value_z_scores_to_be_less_than", "texts in it"),
    ]
