"""A suggestion is a project that the file keeps, and no list of what happened to be in it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.profiles.build import profile, profile_file
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project
from evergreen.times import instant
from evergreen.validation.files import judge_path
from evergreen.validation.judge import Judge, judge_tables
from evergreen.validation.suggestion import suggested


def suggest(table: pa.Table, target: str = "y") -> Project:
    text = suggested(profile(table), dataset="d", source="d.parquet")
    return parse_project(f"project: p\ntarget: {target}\n{text}")


def columns(count: int = 1_000, **more: list[Any]) -> pa.Table:
    found: dict[str, list[Any]] = {
        "y": [0, 1] * (count // 2),
        "customer_id": [f"C-{at:05d}" for at in range(count)],
        "plan": ["basic", "pro", "team", "no"] * (count // 4),
        "city": [f"city {at % 900}" for at in range(count)],
        "age": [20 + at % 60 for at in range(count)],
        "seen": [instant("2013-01-01")] * count,
    }
    return pa.table(found | more)


def test_lists_what_is_closed_and_bounds_what_is_measured() -> None:
    found = suggest(columns()).data

    assert found.columns["plan"].allowed == ["basic", "no", "pro", "team"]
    assert found.columns["city"].allowed is None
    assert (found.columns["age"].min, found.columns["age"].max) == (0, 100)
    assert (found.columns["customer_id"].type, found.rules.unique, found.key) == (
        "id", [["customer_id"]], ["customer_id"],
    )  # fmt: skip
    assert found.time == "seen"
    assert found.rules.min_rows == 500


@pytest.mark.parametrize(
    "rare",
    [
        ["basic"] * 990 + ["pro"] * 10,
        [f"{at % 40}" for at in range(1_000)],
        [f"person{at % 20}@example.org" for at in range(1_000)],
    ],
)
def test_does_not_list_rare_many_or_personal_values(rare: list[str]) -> None:
    assert suggest(columns(plan=rare)).data.columns["plan"].allowed is None


def test_leaves_room_for_missing_values_and_names_columns_that_outliers_cannot_judge() -> None:
    flag = [1.0 if at % 16 == 0 else 0.0 for at in range(1_000)]
    found = suggest(columns(age=[None, 1, 2, 3, 4] * 200, flag=flag)).data

    assert found.columns["age"].missing == 0.4
    assert found.rules.outliers is None


def test_suggests_no_bounds_for_a_column_of_infinities() -> None:
    found = suggest(columns(age=[math.inf, -math.inf] * 500)).data

    assert (found.columns["age"].min, found.columns["age"].max, found.columns["age"].missing) == (None, None, 1.0)


values = st.one_of(
    st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=30),
    st.lists(st.none() | st.integers(-(2**62), 2**62), min_size=1, max_size=30),
    st.lists(st.none() | st.text(max_size=12), min_size=1, max_size=30),
    st.lists(st.none() | st.booleans(), min_size=1, max_size=30),
    st.lists(st.sampled_from(["a b", "null", "12", "yes", '"', "\\", "#x", "é"]), min_size=1, max_size=30),
    st.lists(st.none(), min_size=1, max_size=3),
)
names = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.strip), max_size=3, unique=True
)


@given(names, st.data(), st.integers(1, 12))
@settings(max_examples=60)
def test_every_table_keeps_the_rules_that_it_suggests(found: list[str], data: st.DataObject, times: int) -> None:
    drawn = {name: data.draw(values) for name in found if name != "y"}
    rows = 2 * times
    table = pa.table({"y": [0, 1] * times, **{name: (each * rows)[:rows] for name, each in drawn.items()}})

    project = suggest(table)

    report = judge_tables(Judge(project), [table], name="d")
    assert [result.sentence for result in report.violations] == []


def test_the_command_writes_a_block_that_check_and_validate_accept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = columns(x=[math.nan, 1.5] * 500)
    pq.write_table(found, "Customers 1.parquet")

    assert CliRunner().invoke(app, ["suggest", "Customers 1.parquet", "--out", "block.yaml"]).exit_code == 0

    text = Path("block.yaml").read_text()
    assert "  dataset: customers-1\n" in text
    assert "# From Customers 1.parquet: 1,000 rows" in text
    Path("project.yaml").write_text(f"project: p\ntarget: y\n{text}")
    assert CliRunner().invoke(app, ["validate", "Customers 1.parquet"]).exit_code == 0


@pytest.mark.parametrize("value", [0, 0.0, 5e-324, 1e-300])
def test_suggests_no_bounds_for_zeros_and_what_is_next_to_nothing(value: float) -> None:
    found = suggest(columns(age=[value] * 1_000)).data.columns["age"]

    assert (found.min, found.max) == (None, None)


def test_says_of_which_columns_outliers_are_not_known() -> None:
    huge = [1e308, -1e308, 1e308, -1e308]  # no double holds their variance
    text = suggested(profile(pa.table({"y": [0, 1, 0, 1], "huge": huge})), dataset="d", source="d.parquet")

    assert "    # outliers: {beyond: 3sd, at_most: 5%}  # not known of: huge\n" in text


@pytest.mark.parametrize("first", [2**53, 10**20])
def test_whole_numbers_that_a_double_does_not_hold_are_suggested_as_ids_that_the_file_keeps(
    first: int, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("y,x\n" + "".join(f"{at % 2},{first + at}\n" for at in range(300)))

    text = suggested(profile_file(path), dataset="d", source="rows.csv")
    found = parse_project(f"project: p\ntarget: y\n{text}")

    assert found.data.columns["x"].type == "id"
    assert judge_path(Judge(found), path).violations == ()
