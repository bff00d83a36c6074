"""Shares against a population: the figures are scipy's, and small groups are not judged."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evergreen.datasheets.representation import Represented, goodness_of_fit, represented
from evergreen.datasheets.wilson import wilson
from evergreen.errors import DataRefused
from evergreen.profiles.build import profile
from evergreen.project.schema import Representation


def groups(values: list[object], population: dict[str, float]) -> Represented:
    table = pa.table({"group": values})
    (found,) = represented(profile(table), [Representation(column="group", population=population)])
    return found


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_is_that_of_scipy(rows: int, more: int) -> None:
    total = rows + more
    expected = stats.binomtest(rows, total).proportion_ci(0.95, method="wilson")
    assert wilson(rows, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.lists(st.integers(5, 300), min_size=2, max_size=6), st.integers(0, 2**32))
def test_chi2_is_that_of_scipy(found: list[int], seed: int) -> None:
    population = np.random.default_rng(seed).dirichlet(np.full(len(found), 50.0))
    expected = population * sum(found)
    if expected.min() < 5:
        return
    statistic, degrees, p, effect = goodness_of_fit(found, population.tolist())
    reference = stats.chisquare(found, expected)
    assert (statistic, p) == pytest.approx((reference.statistic, reference.pvalue), abs=1e-9)
    assert degrees == len(found) - 1
    assert effect == pytest.approx(np.sqrt(statistic / sum(found)))


def test_says_which_group_is_missing_and_which_is_too_many() -> None:
    found = groups(["a"] * 300 + ["b"] * 700, {"a": 0.5, "b": 0.5})

    assert found.verdict == "differs"
    assert [group.finding for group in found.groups] == ["under", "over"]
    assert found.groups[0].ratio == pytest.approx(0.6)


def test_a_small_difference_among_many_rows_is_no_finding() -> None:
    found = groups(["a"] * 49_000 + ["b"] * 51_000, {"a": 0.5, "b": 0.5})

    assert found.p is not None
    assert found.p < 1e-6
    assert found.verdict == "as_declared"
    assert {group.finding for group in found.groups} == {"as_declared"}


def test_small_groups_are_reported_and_not_judged() -> None:
    found = groups(["a"] * 600 + ["b"] * 300 + ["c"] * 20, {"a": 0.5, "b": 0.49, "c": 0.01})
    few = groups(["a"] * 9 + ["b"], {"a": 0.5, "b": 0.5})

    assert [group.finding for group in found.groups] == ["over", "under", "too_few_rows"]
    assert few.verdict == "too_few_rows"


def test_groups_of_booleans_and_numbers_are_found_by_their_text_and_others_are_named() -> None:
    flags = groups([True] * 50 + [False] * 50 + [None] * 5, {"true": 0.5, "false": 0.5})
    numbers = groups([1.0] * 50 + [0.0] * 50 + [7.0], {"1": 0.5, "0": 0.5})

    assert [group.rows for group in flags.groups] == [50, 50]
    assert flags.missing == 5
    assert [(group.name, group.finding) for group in numbers.groups][2] == ("7", "not_declared")


def test_a_column_that_is_not_counted_exactly_is_refused() -> None:
    with pytest.raises(DataRefused, match=r"data.representation\[0\].column: group holds about"):
        groups([f"user-{number}" for number in range(3000)], {"a": 0.5, "b": 0.5})


def test_a_version_without_the_column_says_so() -> None:
    (found,) = represented(profile(pa.table({"x": [1]})), [Representation(column="g", population={"a": 0.5, "b": 0.5})])
    assert found.verdict == "no_column"
