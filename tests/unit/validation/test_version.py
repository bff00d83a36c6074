"""A version's profile against the project: what a training run is refused for, and told of."""

from __future__ import annotations

import pyarrow as pa
import pytest

from evergreen.errors import RulesBroken
from evergreen.profiles.build import profile
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project
from evergreen.times import instant
from evergreen.validation.report import ValidationReport
from evergreen.validation.version import accepted, validate


def project(data: str = "", target: str = "y", rules: str = "") -> Project:
    return parse_project(f"project: p\ntarget: {target}\ndata: {{dataset: d, rules: {{min_rows: 2{rules}}}{data}}}")


def report(columns: dict[str, list[object]], of: Project, *, as_of: str = "2013-01-31") -> ValidationReport:
    return validate(profile(pa.table(columns)), of, name="d 1.0.0", as_of=instant(as_of))


def violations(columns: dict[str, list[object]], of: Project) -> list[str]:
    return [result.sentence for result in report(columns, of).violations]


def test_accepts_a_table_that_keeps_every_rule() -> None:
    found = accepted(profile(pa.table({"y": [0, 1], "x": [1.0, 2.0]})), project(), name="d 1.0.0")

    assert (found.verdict, found.warnings) == ("pass", ())


def test_counts_only_rows_with_a_target() -> None:
    assert violations({"y": [1, 0, None], "x": [1, 2, 3]}, project()) == []
    assert violations({"y": [1, None, None], "x": [1, 2, 3]}, project())[0] == (
        "expected at least 2 rows with a target, found 1 (data.rules.min_rows)"
    )


def test_refuses_more_rows_than_are_wanted() -> None:
    assert violations({"y": [1, 0, 1]}, project(rules=", max_rows: 2")) == [
        "expected at most 2 rows, found 3 (data.rules.max_rows)"
    ]


def test_refuses_a_column_that_is_missing_too_often() -> None:
    assert violations({"y": [1, 0, 1], "x": [None, None, 1.0]}, project()) == [
        "column x: expected at most 50.0% missing, found 66.7% missing (2 of 3 rows) (data.rules.missing)"
    ]


def test_a_share_of_missing_values_is_exact_at_its_bound() -> None:
    ten_percent = project(rules=", missing: 10%")

    assert violations({"y": [0, 1] * 5, "x": [None, *range(9)]}, ten_percent) == []


def test_a_column_may_declare_its_own_share_of_missing_values() -> None:
    allowed = project(", columns: {x: {type: number, missing: 70%}}")

    assert violations({"y": [1, 0, 1], "x": [None, None, 1.0]}, allowed) == []


def test_says_nothing_about_columns_that_no_model_reads() -> None:
    later = project(", columns: {x: {type: number, available: after_outcome}}")

    assert violations({"y": [1, 0, 1], "x": [None, None, 1.0], "left_out": [None] * 3}, later) == []


def test_refuses_values_outside_the_declared_range() -> None:
    bounded = project(", columns: {x: {type: number, min: 0, max: 10}}")

    assert violations({"y": [1, 0], "x": [-1.0, 11.0]}, bounded) == [
        "column x: expected values between 0 and 10, found 2 of 2 values otherwise (100.00%), such as -1, 11 "
        "(data.columns.x)"
    ]


def test_refuses_values_that_are_not_allowed() -> None:
    listed = project(", columns: {x: {type: category, allowed: [a]}}")

    assert violations({"y": [1, 0], "x": ["a", "z"]}, listed) == [
        "column x: expected values in ('a'), found 1 of 2 values otherwise (50.00%), such as 'z' "
        "(data.columns.x.allowed)"
    ]


def test_refuses_a_declared_column_that_is_absent_or_of_another_type() -> None:
    declared = project(", columns: {x: {type: number}, z: {type: category}}")

    assert violations({"y": [1, 0], "x": ["a", "b"]}, declared) == [
        "column x: expected type number, found text (data.columns.x.type)",
        "column z: expected the column, found no column z (data.columns.z)",
        "column z: expected type category, found no column z (data.columns.z.type)",
    ]


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("y", [1, 1, None]),
        ("{name: late, from: y > 15}", [1, 2, 3]),
        ("{name: late, from: y > 15}", [float(number) for number in range(16, 300)]),
        ("{name: late, from: y == 'a'}", ["b", "c"]),
    ],
)
def test_refuses_a_target_that_never_changes(target: str, values: list[object]) -> None:
    found = violations({"y": values, "x": list(range(len(values)))}, project(target=target))

    assert any("there is nothing to learn" in each for each in found)


def test_refuses_a_positive_value_that_no_row_has() -> None:
    found = violations({"y": ["yes", "no"], "x": [1, 2]}, project(target="{name: y, positive: 'Yes!'}"))

    assert found == [
        "column y: expected some row that is 'Yes!', the declared positive value, found no row (target.positive)"
    ]


def test_reports_every_violation_at_once_with_the_report() -> None:
    bounded = project(", columns: {x: {type: number, min: 0}}")

    with pytest.raises(RulesBroken, match=r"^d 1\.0\.0 is refused: column x: .*; expected at least 2 rows.*") as raised:
        accepted(profile(pa.table({"y": [1], "x": [-1.0]})), bounded, name="d 1.0.0")

    assert len(raised.value.report.violations) == 3


def test_a_rule_that_only_warns_refuses_nothing() -> None:
    warned = project(", columns: {x: {type: number, min: 0}}", rules=", warn: [min, missing]")

    found = report({"y": [1, 0], "x": [-1.0, 2.0]}, warned)

    assert found.verdict == "warn"
    assert [result.rule for result in found.warnings] == ["expect_column_values_to_be_between"]


@pytest.mark.parametrize(("warn", "refused"), [("min", "at most 2"), ("max", "at least 0"), ("min, max", None)])
def test_of_two_bounds_only_the_named_one_warns(warn: str, refused: str | None) -> None:
    warned = project(", columns: {x: {type: number, min: 0, max: 2}}", rules=f", warn: [{warn}]")

    found = report({"y": [1, 0, 1], "x": [-1.0, 2.0, 3.0]}, warned)

    assert [result.expected for result in found.violations] == ([f"values {refused}"] if refused else [])
    assert len(found.warnings) == 1


def test_outliers_of_columns_that_nobody_declared_are_those_of_numbers() -> None:
    undeclared = project(", time: t", rules=", outliers: {at_most: 0%}")
    rows = {"y": [1, 0] * 6, "x": [0.0] * 11 + [9.0], "s": ["a"] * 12, "t": [instant("2013-01-01")] * 12}

    found = [(result.columns, result.finding.unexpected) for result in report(rows, undeclared).violations]

    assert found == [(("x",), 1)]


@pytest.mark.parametrize(("target", "held"), [("x > 15", "texts"), ("x != 'a'", "numbers"), ("x > 'm'", "numbers")])
def test_a_target_that_its_column_cannot_be_compared_with_is_a_violation(target: str, held: str) -> None:
    compared = project(target=f'{{name: late, from: "{target}"}}')
    values: list[object] = ["a", "b"] if held == "texts" else [1, 2]

    assert violations({"x": values}, compared) == [
        f"column x: expected two targets or more, found {held} in it (target)"
    ]


def test_data_is_fresh_as_of_its_commit() -> None:
    fresh = project(", time: t", rules=", fresh: 7d")
    rows = {"y": [1, 0], "t": [instant("2013-01-01"), instant("2013-01-20")]}

    assert report(rows, fresh, as_of="2013-01-27").violations == ()
    assert [result.sentence for result in report(rows, fresh, as_of="2013-01-28").violations] == [
        "column t: expected a newest row since 2013-01-21T00:00:00Z, found 2013-01-20T00:00:00Z (data.rules.fresh)"
    ]


def test_rules_that_need_the_rows_are_left_open_and_refuse_nothing() -> None:
    rows = project(rules=", unique: [[y, x]], checks: [{expression: x > y}]")

    found = report({"y": [1, 0], "x": [1, 1]}, rows)

    assert [result.rule for result in found.undecided] == [
        "expect_compound_columns_to_be_unique",
        "expect_rows_to_satisfy_expression",
    ]
    assert found.violations == ()


def test_warns_of_constant_columns_unusable_numbers_and_rows_without_a_time() -> None:
    timed = project(", time: t")

    found = report({"y": [1, 0, 1], "x": [1.0, 1.0, float("nan")], "t": [instant("2013-01-01"), None, None]}, timed)

    assert [result.sentence for result in found.warnings][:2] == [
        "column x: expected different values, found the same value in every row (data)",
        "column x: expected no NaN and no infinity, found 1 row of them, counted as missing (data)",
    ]
    assert found.warnings[-1].sentence.startswith("column t: expected a time in every row, found 2 rows without one")
