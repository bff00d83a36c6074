"""The pass over the rows: equal to a loop over them, whatever the stretches; and to what a profile decides."""

from __future__ import annotations

import itertools
import json
import math
import statistics
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataRefused
from evergreen.profiles.build import profile, profile_file
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project
from evergreen.times import instant
from evergreen.validation.files import judge_path, judge_profiled
from evergreen.validation.judge import Judge, judge_tables
from evergreen.validation.medians import Middle
from evergreen.validation.report import Result, ValidationReport
from evergreen.validation.values import Values

CHECKS = """
project: p
target: n
data:
  dataset: d
  rules:
    min_rows: 1
    missing: 20%
    unique: [k, [n, c]]
    checks:
      - {column_values_to_be_between: {column: n, min: -2, max: 2, mostly: 80%}}
      - {column_values_to_be_in_set: {column: c, values: [a, b]}}
      - {column_values_to_not_be_in_set: {column: k, values: [3]}}
      - {column_values_to_match_regex: {column: c, regex: "^[ab]"}}
      - {column_value_lengths_to_be_between: {column: c, min: 1, max: 2}}
      - {column_pair_values_a_to_be_greater_than_b: {a: k, b: n}}
      - {column_unique_value_count_to_be_between: {column: c, max: 2}}
      - {expression: "n * 2 < k or c == 'a'", mostly: 60%}
"""
numbers = st.none() | st.sampled_from([-3.0, -1.0, 0.0, 1.5, 2.0, 7.0, math.nan, math.inf])
rows = st.lists(
    st.tuples(numbers, st.none() | st.integers(-4, 4), st.none() | st.sampled_from(["a", "b", "ab", "zzz", "é"])),
    min_size=1,
    max_size=40,
)
Row = tuple[float | None, int | None, str | None]


def table(found: list[Row], *, dictionary: bool = False) -> pa.Table:
    texts = pa.array([row[2] for row in found], pa.string())
    return pa.table(
        {
            "n": pa.array([row[0] for row in found], pa.float64(), from_pandas=False),
            "k": pa.array([row[1] for row in found], pa.int64()),
            "c": texts.dictionary_encode() if dictionary else texts,
        }
    )


def naive(found: list[Row]) -> list[int]:
    """The rows that break each rule about rows, in the order of the checks, counted one by one."""
    n = [None if row[0] is None or not math.isfinite(row[0]) else row[0] for row in found]
    k, c = [row[1] for row in found], [row[2] for row in found]
    known = [(a, b) for a, b in zip(n, c, strict=True) if a is not None and b is not None]
    repeated = [value for value, count in Counter(v for v in k if v is not None).items() if count > 1]
    pairs = Counter(known)
    third = [
        (2 * a < b if a is not None and b is not None else None, t == "a" if t is not None else None)
        for a, b, t in zip(n, k, c, strict=True)
    ]
    return [
        sum(value is None for value in k),
        sum(value is None for value in c),
        sum(value in repeated for value in k),
        sum(pairs[pair] > 1 for pair in known),
        sum(value is not None and not -2 <= value <= 2 for value in n),
        sum(value is not None and value not in ("a", "b") for value in c),
        sum(value == 3 for value in k),
        sum(value is not None and value[0] not in "ab" for value in c),
        sum(value is not None and not 1 <= len(value) <= 2 for value in c),
        sum(a is not None and b is not None and not b > a for a, b in zip(n, k, strict=True)),
        sum(left is False and right is False for left, right in third),
    ]


def counts(report: ValidationReport) -> list[int | None]:
    wanted = [each for each in report.results if each.finding.elements is not None]
    return [each.finding.unexpected for each in wanted]


def project(text: str = CHECKS) -> Project:
    return parse_project(text)


@given(rows, st.lists(st.integers(0, 40), max_size=4), st.booleans())
def test_counts_what_a_loop_would_whatever_the_stretches(found: list[Row], cuts: list[int], dictionary: bool) -> None:
    judge, whole = Judge(project()), table(found, dictionary=dictionary)
    edges = sorted({0, len(found), *(min(cut, len(found)) for cut in cuts)})
    parts = [whole.slice(a, b - a) for a, b in itertools.pairwise(edges)]

    report = judge_tables(judge, parts, name="d")

    assert counts(report) == naive(found)
    assert report.to_bytes() == judge_tables(judge, [whole], name="d").to_bytes()


@given(rows)
@settings(max_examples=50)
def test_a_profile_decides_as_the_rows_do_or_not_at_all(found: list[Row]) -> None:
    judge, whole = Judge(project()), table(found)

    by_profile = judge.on_profile(profile(whole), name="d")
    by_row = judge_tables(judge, [whole], name="d")

    for one, other in zip(by_profile.results, by_row.results, strict=True):
        assert one.rule == other.rule
        assert one.finding.passed in (None, other.finding.passed), one.sentence


def outliers(values: list[float], at_most: str = "5%") -> Result:
    document = (
        f"{{project: p, target: y, data: {{dataset: d, rules: {{outliers: {{beyond: 3sd, at_most: {at_most}}}}}}}}}"
    )
    found = pa.table({"y": [0, 1] * (len(values) // 2), "x": values})
    report = judge_tables(Judge(project(document)), [found.slice(0, 7), found.slice(7)], name="d")
    return next(result for result in report.results if result.columns == ("x",) and "z_score" in result.rule)


def test_outliers_that_are_too_many_are_counted_exactly_with_samples() -> None:
    values = [float(at % 2000) for at in range(9_800)] + [50_000.0 + at for at in range(200)]

    assert outliers(values).finding.passed
    broken = outliers(values, at_most="1%").finding
    assert (broken.passed, broken.unexpected, broken.elements) == (False, 200, 10_000)
    assert str(broken.samples[0]) == "50000 (row 9,801)"


def test_a_constant_number_has_no_outliers() -> None:
    assert outliers([5.0] * 100, at_most="0%").finding.unexpected == 0


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
    judge = Judge(project(FILE_RULES))

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
        judge_path(Judge(project(FILE_RULES)), tmp_path / f"rows.{kind}")


def test_a_profiled_file_has_the_report_of_the_whole_scan(tmp_path: Path, rows_with_mistakes: pa.Table) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows_with_mistakes, path)
    judge = Judge(project(FILE_RULES))

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
        judge_profiled(Judge(project("{project: p, target: y, data: {dataset: d}}")), path, before)


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
    judge = Judge(project(f"{{project: p, target: y, {rules}}}"))

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
    judge = Judge(project("{project: p, target: y, data: {dataset: d}}"))

    for judged in (lambda: judge_path(judge, path), lambda: judge_profiled(judge, path, profile_file(path))):
        with pytest.raises(DataRefused, match=f"rows.parquet: column k.* {said}"):
            judged()


def test_of_columns_that_a_commit_joins_a_file_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"y": [0, 1], "k": ["a", "b"]}), path)
    judge = Judge(
        project("""
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

    found = judge_path(Judge(project(FILE_RULES)), tmp_path / "rows")

    assert found.rows == 3_000
    assert {result.declared: result.finding.unexpected for result in found.violations}["data.rules.unique"] == 2


def test_columns_that_are_absent_or_of_another_type_are_findings() -> None:
    found = pa.table({"y": [0, 1], "id": [1, 2], "x": ["one", "two"]})

    report = judge_tables(Judge(project(FILE_RULES)), [found], name="d")

    assert [(result.rule.removeprefix("expect_"), result.finding.observed) for result in report.violations] == [
        ("column_values_to_be_of_type", "text"),
        ("column_values_to_be_between", "texts in it"),
        ("column_to_exist", "no column c"),
        ("column_values_to_be_of_type", "no column c"),
        ("column_values_to_be_in_set", "no column c"),
        ("column_value_z_scores_to_be_less_than", "texts in it"),
    ]


def judged(table: pa.Table, *checks: str, columns: str = "") -> list[Result]:
    """The results of the named checks."""
    declared = f", columns: {{{columns}}}" if columns else ""
    text = f"{{project: p, target: y, data: {{dataset: d{declared}, rules: {{checks: [{', '.join(checks)}]}}}}}}"
    return named(judge_tables(Judge(project(text)), [table], name="d"))


def named(report: ValidationReport) -> list[Result]:
    return [each for each in report.results if each.declared.startswith("data.rules.checks")]


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
    rules = project("{project: p, target: y, data: {dataset: d, rules: {checks: [{expression: y > 2}]}}}")
    check = rules.data.rules.checks[0].model_copy(update={"expression": "1 > 2"})
    same = rules.data.model_copy(update={"rules": rules.data.rules.model_copy(update={"checks": [check]})})

    (result,) = named(judge_tables(Judge(rules.model_copy(update={"data": same})), [found], name="d"))

    assert (result.failed, result.finding.observed) == (True, "it names no column, so it is the same for every row")


def two_ways(path: Path, table: pa.Table, *checks: str) -> list[tuple[Any, Any, str]]:
    """Verdicts from the profile alone, from the profile and the rows it needs, and what was then found."""
    pq.write_table(table, path)
    judge = Judge(project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{', '.join(checks)}]}}}}}}"))
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
        (False, False, "about 20,000 different of 20,000"),
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
    rules = project(f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{check}]}}}}}}")
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
