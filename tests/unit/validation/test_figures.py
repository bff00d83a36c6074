"""Figures of a column beside their bounds."""

from __future__ import annotations

import pyarrow as pa
import pytest

from evergreen.project.reader import parse_project
from evergreen.validation.judge import Judge, judge_tables


@pytest.mark.parametrize("figure", ["median", "mean", "min", "max"])
@pytest.mark.parametrize("bound", ["min", "max"])
@pytest.mark.parametrize("value", [-(2**62) + 2, 2**62 - 1, 2**63 - 1])
def test_a_figure_of_one_large_whole_number_keeps_the_bound_that_is_this_number(
    figure: str, bound: str, value: int
) -> None:
    check = f"{{column_{figure}_to_be_between: {{column: x, {bound}: {value}}}}}"
    judge = Judge(parse_project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{check}]}}}}}}"))

    results = judge_tables(judge, [pa.table({"y": [0, 1], "x": [value] * 2})], name="d").results

    assert [each.finding.passed for each in results if "checks" in each.declared] == [True]


def test_a_mean_is_shown_without_the_digits_that_depend_on_how_rows_were_read() -> None:
    check = "{column_mean_to_be_between: {column: x, min: 1}}"
    judge = Judge(parse_project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{check}]}}}}}}"))
    rows = pa.table({"y": [0, 1, 1], "x": [0.1, 0.1, 0.2]})

    results = judge_tables(judge, [rows], name="d").results

    assert [each.finding.observed for each in results if "checks" in each.declared] == ["0.133333333333"]
