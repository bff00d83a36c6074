"""A decimal is the double that its digits spell, wherever it is read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data.reading import open_rows
from evergreen.data.sources import found_files
from evergreen.data.wanted import Wanted
from evergreen.profiles.build import profile_file
from evergreen.project.reader import parse_project
from evergreen.validation.judge import Judge, judge_tables

PRICES = [cents / 100 for cents in range(1_000)]


@pytest.fixture(params=[pa.decimal128(6, 2), pa.decimal256(60, 2)], ids=str)
def decimals(request: pytest.FixtureRequest) -> pa.Table:
    prices = pa.array([Decimal(cents) / 100 for cents in range(1_000)], request.param)
    return pa.table({"y": [0, 1] * 500, "x": prices})


def test_decimals_are_stored_and_profiled_as_their_digits(tmp_path: Path, decimals: pa.Table) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(decimals, path)

    (stored,) = open_rows(found_files(path), Wanted(), source=path.name).tables()

    assert stored["x"].to_pylist() == PRICES
    assert sorted(value for value, _ in profile_file(path).columns["x"].top) == PRICES


@pytest.mark.parametrize(
    "check", ["{column_values_to_be_in_set: {column: x, values: [0.35, 0.41]}}", "{expression: x == 0.35 or x == 0.41}"]
)
def test_decimals_are_judged_as_their_digits(decimals: pa.Table, check: str) -> None:
    judge = Judge(parse_project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{check}]}}}}}}"))

    results = judge_tables(judge, [decimals], name="d").results

    assert [each.finding.unexpected for each in results if "checks" in each.declared] == [998]
