"""Values are compared as what they are: numbers of every width, times, texts; by the rows as by a profile."""

from __future__ import annotations

import statistics
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.profiles.build import profile, profile_file
from evergreen.project.reader import parse_project
from evergreen.times import instant
from evergreen.validation.files import judge_profiled
from evergreen.validation.judge import Judge, judge_tables
from evergreen.validation.medians import Middle
from evergreen.validation.values import Values
from tests.unit.validation.results import judged, named


@pytest.mark.parametrize(
    ("check", "rows"),
    [
        ("{column_values_to_be_in_set: {column: s, values: [a]}}", [2]),
        ("{column_values_to_match_regex: {column: s, regex: a}}", [2]),
        ("{column_value_lengths_to_be_between: {column: s, min: 2}}", [1, 2]),
        ("{column_values_to_be_unique: {column: s}}", []),
        ("{compound_columns_to_be_unique: {columns: [s, y]}}", []),
        ("{expression: s in ('b')}", [1]),
        ("{expression: s == 'b'}", [1]),
    ],
)
def test_texts_of_views_are_texts(check: str, rows: list[int]) -> None:
    found = pa.table({"y": [0, 1, 1], "s": pa.array(["a", "b", None], pa.string_view())})

    (result,) = judged(found, check)

    assert [sample.row for sample in result.finding.samples] == rows


@pytest.mark.parametrize("bound", [2**31, 2**63, 10**30])
def test_lengths_have_bounds_of_any_size(bound: int) -> None:
    found = pa.table({"y": [0, 1], "s": ["a", "b"]})
    lengths = "column_value_lengths_to_be_between"

    results = judged(
        found, f"{{{lengths}: {{column: s, max: {bound}}}}}", f"{{{lengths}: {{column: s, min: {bound}}}}}"
    )

    assert [each.finding.unexpected for each in results] == [0, 2]


def test_a_negative_zero_is_zero_on_both_sides(tmp_path: Path) -> None:
    found = pa.table({"y": [0, 1], "x": [-0.0, 0.0]})

    assert [each[1] for each in two_ways(tmp_path / "t.parquet", found, "{expression: x in (-0.0)}")] == [True]


def test_a_profile_compares_fractions_with_whole_numbers_as_the_rows_are_compared(tmp_path: Path) -> None:
    found = pa.table({"y": [0, 1], "x": [0.5, float(LARGE)]})

    verdicts = two_ways(
        tmp_path / "t.parquet", found,
        f"{{column_values_to_be_between: {{column: x, min: {LARGE + 1}, mostly: 50%}}}}",
        f"{{column_values_to_be_in_set: {{column: x, values: [0.5, {LARGE + 1}]}}}}",
    )  # fmt: skip

    assert [each[:2] for each in verdicts] == [(True, True)] * 2


def test_a_time_beyond_pythons_years_is_a_sample_like_any_other() -> None:
    found = pa.table({"y": [0, 1], "t": pa.array([0, 10**12], pa.timestamp("s"))})

    results = judged(
        found, "{expression: \"t < '2013-01-01'\"}", "{column_values_to_be_between: {column: t, max: 2013-01-01}}"
    )

    assert [str(each.finding.samples[0]) for each in results] == ["33658-09-27T01:46:40.000000 (row 2)"] * 2


def test_an_expression_without_columns_never_passes() -> None:
    found = pa.table({"y": [0, 1]})
    rules = parse_project("{project: p, target: y, data: {dataset: d, rules: {checks: [{expression: y > 2}]}}}")
    check = rules.data.rules.checks[0].model_copy(update={"expression": "1 > 2"})
    same = rules.data.model_copy(update={"rules": rules.data.rules.model_copy(update={"checks": [check]})})

    (result,) = named(judge_tables(Judge(rules.model_copy(update={"data": same})), [found], name="d"))

    assert (result.failed, result.finding.observed) == (True, "it names no column, so it is the same for every row")


def two_ways(path: Path, table: pa.Table, *checks: str) -> list[tuple[Any, Any, str]]:
    """Verdicts from the profile alone, from the profile and the rows it needs, and what was then found."""
    pq.write_table(table, path)
    judge = Judge(
        parse_project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{', '.join(checks)}]}}}}}}")
    )
    alone, completed = judge.on_profile(profile_file(path), name="d"), judge_profiled(judge, path, profile_file(path))
    assert [each.finding.passed for each in named(completed)] == [
        each.finding.passed for each in named(judge_tables(judge, [table.slice(0, 7), table.slice(7)], name="d"))
    ]
    pairs = zip(named(alone), named(completed), strict=True)
    return [(one.finding.passed, other.finding.passed, other.finding.observed) for one, other in pairs]


def test_an_estimate_decides_only_when_all_of_it_is_on_one_side(tmp_path: Path) -> None:
    found = pa.table({"y": [0, 1] * 10_000, "k": range(20_000)})
    count, share = "column_unique_value_count_to_be_between", "column_proportion_of_unique_values_to_be_between"
    median = "column_median_to_be_between"

    assert two_ways(
        tmp_path / "t.parquet", found,
        f"{{{count}: {{column: k, min: 20000, max: 20000}}}}",
        f"{{{share}: {{column: k, min: 0.999, max: 1}}}}",
        f"{{{count}: {{column: k, max: 19999}}}}",
        f"{{{count}: {{column: k, max: 10}}}}",
        f"{{{median}: {{column: k, min: 9999, max: 10000}}}}",
        f"{{{median}: {{column: k, min: 9999.75, max: 10000}}}}",
        f"{{{median}: {{column: k, min: 100}}}}",
    ) == [
        (None, True, "20,000 different of 20,000"),
        (None, True, "20,000 different of 20,000"),
        (None, False, "20,000 different of 20,000"),
        (False, False, "about 19,821 different of 20,000"),
        (None, True, "9999.5"),
        (None, False, "9999.5"),
        (True, True, "9994 to 10004"),
    ]  # fmt: skip


@given(st.lists(st.integers(-50, 50) | st.none(), min_size=1, max_size=60), st.integers(1, 12))
@settings(max_examples=60)
def test_the_median_of_a_look_at_the_rows_is_exact(values: list[int | None], error: int) -> None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return
    low, high = (
        float(known[max(0, (len(known) - 1) // 2 - error)]),
        float(known[min(len(known) - 1, len(known) // 2 + error)]),
    )
    middle = Middle(low, high)

    for part in (values[:7], values[7:]):
        middle.look(Values(pa.array(part, pa.int64())))

    assert middle.median == statistics.median(known)


LARGE = 2**53


def test_whole_numbers_are_compared_as_whole_numbers() -> None:
    found = pa.table({"y": [0, 1], "n": [LARGE + 1, LARGE - 1], "u": pa.array([2**64 - 1, 1], pa.uint64())})

    results = judged(
        found,
        f"{{column_values_to_be_between: {{column: n, max: {LARGE}}}}}",
        f"{{column_values_to_be_between: {{column: n, min: {LARGE - 0.5}, max: {LARGE + 1}}}}}",
        f"{{column_values_to_be_in_set: {{column: n, values: [{LARGE}, {LARGE - 1}]}}}}",
        f"{{column_values_to_be_in_set: {{column: u, values: ['{2**64 - 1}', -1, 0.5]}}}}",
        f"{{column_max_to_be_between: {{column: n, max: {LARGE}}}}}",
    )

    assert [each.finding.unexpected for each in results] == [1, 1, 1, 1, None]
    assert results[4].failed
    assert results[0].expected == "values at most 9007199254740992"


def test_a_profile_leaves_shares_of_integers_that_doubles_confuse_to_the_rows(tmp_path: Path) -> None:
    found = pa.table({"y": [0, 1] * 1_500, "n": [LARGE + 1 + 2 * at for at in range(3_000)]})
    rule = f"{{column_values_to_be_between: {{column: n, max: {LARGE}, mostly: 50%}}}}"

    assert two_ways(tmp_path / "t.parquet", found, rule)[0][:2] == (None, False)


def test_floats_of_every_width_are_compared_as_doubles() -> None:
    found = pa.table({"y": [0, 1], "x": pa.array([0.05, 0.1], pa.float32())})

    results = judged(
        found,
        "{column_values_to_be_between: {column: x, max: 0.1}}",
        "{column_values_to_not_be_in_set: {column: x, values: [0.1]}}",
        "{expression: x <= 0.1}",
    )

    assert [each.finding.unexpected for each in results] == [1, 0, 1]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([Decimal("12345678901234567891"), Decimal("12345678901234567892"), None], pa.decimal128(20, 0)),
        pa.array([1, 2, None], pa.timestamp("ns")),
        pa.array([1, 2, None], pa.date32()),
    ],
)
def test_values_that_differ_beyond_doubles_and_microseconds_are_different_keys(values: pa.Array) -> None:
    found = pa.table({"y": [0, 1, 1], "k": values})

    single, pair = judged(
        found,
        "{column_values_to_be_unique: {column: k}}",
        "{column_unique_value_count_to_be_between: {column: k, min: 2, max: 2}}",
    )

    assert (single.finding.unexpected, pair.finding.passed) == (0, True)


def test_times_and_booleans_are_members_by_value_whatever_their_spelling() -> None:
    days = [instant(f"2013-01-0{day}") for day in range(1, 6)]
    found = pa.table({"y": [0, 1, 0, 1, 0], "t": days, "b": [True, None, True, True, False]})
    spelt = "[2013-01-01, '2013-01-02T00:00:00Z', '2013-01-03 00:00:00', '2013-01-03T19:00:00-05:00']"

    results = judged(
        found,
        f"{{column_values_to_be_in_set: {{column: t, values: {spelt}}}}}",
        "{column_values_to_be_in_set: {column: b, values: ['true']}}",
        "{column_values_to_not_be_in_set: {column: b, values: [true]}}",
    )

    assert [each.finding.unexpected for each in results] == [1, 1, 3]
    assert str(results[0].finding.samples[0]) == "2013-01-05T00:00:00Z (row 5)"
    check = "{column_values_to_be_in_set: {column: b, values: ['true']}}"
    rules = parse_project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{check}]}}}}}}")
    by_profile = Judge(rules).on_profile(profile(found), name="d")
    assert [each.finding.unexpected for each in named(by_profile)] == [1]


def test_bounds_of_another_kind_than_the_column_are_a_failure_of_the_rule() -> None:
    found = pa.table({"y": [0, 1], "t": [instant("1990-01-01")] * 2})

    results = judged(
        found,
        "{column_values_to_be_between: {column: t, min: 2013}}",
        "{column_values_to_be_between: {column: y, min: 2013-01-01}}",
    )

    assert [each.finding.observed for each in results] == ["times in it", "numbers in it"]
    assert all(each.failed for each in results)
