from __future__ import annotations

import pyarrow as pa
import pytest
from evergreen.profiles.rules import accepted, validate

from evergreen.errors import DataRefused
from evergreen.profiles.build import profile
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project


def project(data: str = "", target: str = "y") -> Project:
    return parse_project(f"project: p\ntarget: {target}\ndata: {{dataset: d, rules: {{min_rows: 2}}{data}}}")


def violations(columns: dict[str, list[object]], of: Project) -> tuple[str, ...]:
    return validate(profile(pa.table(columns)), of).violations


def test_accepts_a_table_that_keeps_every_rule() -> None:
    assert accepted(profile(pa.table({"y": [0, 1], "x": [1.0, 2.0]})), project(), name="d 1.0.0") == ()


def test_counts_only_rows_with_a_target() -> None:
    assert violations({"y": [1, 0, None], "x": [1, 2, 3]}, project()) == ()
    assert violations({"y": [1, None, None], "x": [1, 2, 3]}, project())[0] == (
        "1 rows have a target, and data.rules.min_rows asks for 2"
    )


def test_refuses_a_column_that_is_missing_too_often() -> None:
    found = violations({"y": [1, 0, 1], "x": [None, None, 1.0]}, project())

    assert found == (
        "column x is missing in 66.7% of the rows, and at most 50.0% is allowed "
        "(data.columns.x.missing or data.rules.missing)",
    )


def test_a_column_may_declare_its_own_share_of_missing_values() -> None:
    allowed = project(", columns: {x: {type: number, missing: 70%}}")

    assert violations({"y": [1, 0, 1], "x": [None, None, 1.0]}, allowed) == ()


def test_says_nothing_about_columns_that_no_model_reads() -> None:
    later = project(", columns: {x: {type: number, available: after_outcome}}")

    assert violations({"y": [1, 0, 1], "x": [None, None, 1.0]}, later) == ()


def test_refuses_values_outside_the_declared_range() -> None:
    bounded = project(", columns: {x: {type: number, min: 0, max: 10}}")

    assert violations({"y": [1, 0], "x": [-1.0, 11.0]}, bounded) == (
        "column x goes down to -1.0, and its declared min is 0",
        "column x goes up to 11.0, and its declared max is 10",
    )


def test_refuses_values_that_are_not_allowed() -> None:
    listed = project(", columns: {x: {type: category, allowed: [a]}}")

    assert violations({"y": [1, 0], "x": ["a", "z"]}, listed) == ("column x holds values that are not allowed: z",)


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

    assert found == ("no row of y is 'Yes!', the declared positive value",)


def test_reports_every_violation_at_once() -> None:
    bounded = project(", columns: {x: {type: number, min: 0}}")

    with pytest.raises(DataRefused, match=r"^d 1\.0\.0 is refused: 1 rows have a target.*; every row.*; column x goes"):
        accepted(profile(pa.table({"y": [1], "x": [-1.0]})), bounded, name="d 1.0.0")


def test_warns_of_constant_columns_and_unusable_numbers() -> None:
    found = validate(profile(pa.table({"y": [1, 0, 1], "x": [1.0, 1.0, float("nan")]})), project())

    assert found.violations == ()
    assert found.warnings == (
        "column x has the same value in every row",
        "column x holds NaN or an infinity in 1 rows; they count as missing",
    )
