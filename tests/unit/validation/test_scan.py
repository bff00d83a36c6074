"""The pass over the rows: equal to a loop over them, whatever the stretches; and to what a profile decides."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.profiles.build import profile
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project
from evergreen.validation.judge import Judge, judge_tables
from evergreen.validation.report import Result, ValidationReport

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
