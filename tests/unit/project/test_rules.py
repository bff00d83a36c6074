"""What a rule of the project file may say: bounds, members of lists, and columns that fit."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest

from evergreen.errors import ProjectError
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project


def project(check: str, columns: str = "") -> Project:
    declared = f", columns: {{{columns}}}" if columns else ""
    return parse_project(f"project: p\ntarget: y\ndata: {{dataset: d{declared}, rules: {{checks: [{check}]}}}}")


def problems(check: str, columns: str = "") -> list[str]:
    with pytest.raises(ProjectError) as raised:
        project(check, columns)
    return [problem.removeprefix("project.yaml: line 3: data.rules.checks[0]") for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("9007199254740993", 9007199254740993),
        ("'9007199254740993'", 9007199254740993),
        ("1e5", 100000.0),
        ("2013-01-01", datetime(2013, 1, 1, tzinfo=UTC)),
        ("'2013-01-01T00:00:00-05:00'", datetime(2013, 1, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_bound_is_a_number_as_it_is_written_or_a_time(written: str, read: Any) -> None:
    found = project(f"{{column_values_to_be_between: {{column: x, min: {written}}}}}")

    rule = found.data.rules.checks[0].column_values_to_be_between
    assert rule is not None
    assert (rule.min, type(rule.min)) == (read, type(read))
    with warnings.catch_warnings(action="error"):
        assert Project.model_validate_json(found.model_dump_json(by_alias=True)) == found


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (
            "{column_values_to_be_between: {column: x, min: a}}",
            ".column_values_to_be_between.min: 'a' is neither a number nor an ISO 8601 time",
        ),
        (
            "{column_values_to_be_in_set: {column: x, values: [1, null]}}",
            ".column_values_to_be_in_set.values[1]: null is a missing value, which no list of values judges; "
            "see column_values_to_not_be_null",
        ),
        (
            "{table_row_count_to_be_between: {min: 2.5}}",
            ".table_row_count_to_be_between.min: 2.5 is not a whole number from 0",
        ),
        (
            "{column_value_lengths_to_be_between: {column: s, min: -1}}",
            ".column_value_lengths_to_be_between.min: -1 is not a whole number from 0",
        ),
        (
            "{column_max_to_be_between: {column: t, max: 2013-01-01}}",
            ".column_max_to_be_between.max: 2013-01-01 is not a finite number",
        ),
        ("{expression: 1 > 2}", ".expression: names no column, so it is the same for every row"),
        ("{expression: 1 > 'a'}", ".expression: at character 3: 1 is a number and cannot be compared with 'a', a text"),
    ],
)
def test_a_mistake_is_one_sentence_whether_columns_are_declared_or_not(check: str, problem: str) -> None:
    assert problem in problems(check)


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (
            "{column_values_to_be_between: {column: t, min: 2013}}",
            "t is a timestamp, and 2013 is a number; write times",
        ),
        (
            "{column_values_to_be_between: {column: x, min: 2013-01-01}}",
            "x is a number, and 2013-01-01T00:00:00Z is a time; write numbers",
        ),
        (
            "{column_values_to_be_in_set: {column: t, values: [2013-01-01, soon]}}",
            "t is a timestamp, and 'soon' is not an ISO 8601 time",
        ),
        ("{column_values_to_be_in_set: {column: s, values: [Yes, a]}}", "s is a category, which holds texts; write"),
    ],
)
def test_bounds_and_lists_are_of_the_columns_kind(check: str, problem: str) -> None:
    found = problems(check, "x: {type: number}, t: {type: timestamp}, s: {type: category}")

    assert any(problem in each for each in found)


@pytest.mark.parametrize("written", ["Yes", "1.5", "2013-01-01", "null"])
def test_what_yaml_does_not_take_for_a_text_is_no_member_of_a_category(written: str) -> None:
    columns = f"{{s: {{type: category, allowed: [a, {written}]}}}}"

    with pytest.raises(ProjectError, match=r"^[^\n]*s\.allowed\[1\]: .* is no text, and a category holds texts[^\n]*$"):
        parse_project(f"{{project: p, target: y, data: {{dataset: d, columns: {columns}}}}}")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("fresh: 99999999999d", "'99999999999d' is not a duration from 0s to 36500d"),
        ("fresh: .inf", "inf is not a duration"),
        ("fresh: -5", "-5 is not a duration"),
        ("outliers: {beyond: 0sd}", "'0sd' is not a number of standard deviations; write one above 0"),
        ("outliers: {beyond: -3}", "-3 is not a number of standard deviations"),
    ],
)
def test_durations_and_spreads_are_possible_ones(rule: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(problem)):
        parse_project(f"{{project: p, target: y, data: {{dataset: d, time: t, rules: {{{rule}}}}}}}")
