"""Drift where columns are ids, times, long texts, of another kind, or beyond what doubles hold."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.drift.compare import compare_profiles
from evergreen.drift.fisher import fisher_p_value
from evergreen.drift.labels import bin_labels
from evergreen.drift.report import Bins, DriftReport
from evergreen.drift.significance import ks_test
from evergreen.profiles.build import profile

RANDOM = np.random.default_rng(11)


def _compared(before: Any, after: Any, **options: Any) -> DriftReport:
    return compare_profiles(profile(pa.table({"x": before})), profile(pa.table({"x": after})), **options)


def _drift(tmp_path: Path, before: Any, after: Any, *options: str) -> Any:
    for name, values in (("before", before), ("after", after)):
        pq.write_table(pa.table({"x": values}), tmp_path / f"{name}.parquet")
    paths = ["--reference", str(tmp_path / "before.parquet"), "--current", str(tmp_path / "after.parquet")]
    return CliRunner().invoke(app, ["drift", *paths, *options], catch_exceptions=False)


@pytest.mark.parametrize(("n", "a", "m", "b"), [(2000, 900, 100_000, 6000), (1000, 500, 1000, 300), (5, 5, 5, 2)])
def test_fishers_p_value_equals_scipys_on_either_side_of_the_mean(n: int, a: int, m: int, b: int) -> None:
    assert fisher_p_value(n, a, m, b) == pytest.approx(stats.hypergeom.sf(b - 1, n + m, a + b, m), rel=1e-8)
    assert fisher_p_value(m, b, n, a) == pytest.approx(stats.hypergeom.sf(a - 1, n + m, a + b, n), rel=1e-8)


def test_moved_categories_are_printed(tmp_path: Path) -> None:
    found = _drift(tmp_path, ["a"] * 300 + ["b"] * 700, ["a"] * 420 + ["b"] * 580)

    assert found.exit_code == 0
    assert "moved (tv)" in found.stdout


def test_few_rows_get_the_exact_p_value() -> None:
    random = np.random.default_rng(4)
    before, after = random.normal(size=60), random.normal(1.2, 1, 50)
    expected = stats.ks_2samp(before, after, method="exact")

    assert ks_test(float(expected.statistic), 60, 50, 0.1, None).p == pytest.approx(expected.pvalue, rel=1e-9)


def test_long_texts_that_are_replaced_have_moved() -> None:
    before, after = ["y" * 120 + end for end in "ab"] * 500, ["y" * 120 + "c"] * 1000

    report = _compared(before, after)

    assert report.breaches == ["x"]
    assert len(report.features[0].new) == 1


def test_categories_of_which_no_row_is_left_have_moved_though_the_new_ones_are_too_many_to_list() -> None:
    report = _compared(["a", "b", "c"] * 1000, [f"new {row}" for row in range(3000)], include=["x"])

    assert report.breaches == ["x"]
    feature = report.features[0]
    assert [feature.value(name) for name in ("tv", "new")] == pytest.approx([1.0, 1.0], abs=2e-3)


def test_every_row_in_a_new_category_is_seen_beside_many_known_ones() -> None:
    report = _compared([f"known {row % 1000}" for row in range(5000)], [f"new {row}" for row in range(5000)])

    assert [test.statistic for test in report.features[0].tests if test.breach] == ["new"]


@pytest.mark.parametrize(("known", "least"), [(1500, 0.3), (3, 0.99)])
def test_categories_of_a_long_list_that_gave_way_to_others_have_moved(known: int, least: float) -> None:
    before, after = (np.array([f"{side} {row % 1500}" for row in range(100_000)]) for side in ("old", "new"))

    report = _compared(before, after if known == 1500 else [f"old {row % known}" for row in range(100_000)])

    assert report.breaches == ["x"]
    assert least < (report.features[0].value("tv") or 0.0) <= 1.0


@pytest.mark.parametrize(("exponent", "sizes"), [(0.0, (60_000, 3000)), (0.0, (2000, 60_000)), (1.2, (60_000, 6000))])
def test_a_long_list_that_chance_cuts_elsewhere_has_not_moved(exponent: float, sizes: tuple[int, int]) -> None:
    weights = 1 / np.arange(1, 1501) ** exponent
    names = np.array([f"k{at}" for at in range(1500)])
    before, after = (RANDOM.choice(names, rows, p=weights / weights.sum()) for rows in sizes)

    assert _compared(before, after, include=["x"]).verdict == "ok"


@pytest.mark.parametrize("whole", [np.arange(2000), RANDOM.permutation(6000)[:2000]])
def test_integers_that_name_their_rows_are_ids(whole: Any) -> None:
    assert "an id" in _compared(whole, whole + 5000).excluded["x"]


def test_sparse_integers_are_ids_by_their_name_alone() -> None:
    sparse = RANDOM.choice(10**12, 2000, replace=False)
    table = profile(pa.table({"amount": sparse, "customerId": sparse}))

    assert list(compare_profiles(table, table).excluded) == ["customerId"]


def test_a_time_is_judged_when_it_is_asked_for() -> None:
    first = datetime(2013, 1, 1, tzinfo=UTC)
    before = [first + timedelta(minutes=at) for at in range(1000)]
    after = [time + timedelta(days=30) for time in before]

    report = _compared(before, after, include=["x"])

    assert report.features[0].value("ks") == 1.0
    assert report.features[0].measures["wasserstein"] == pytest.approx(30 * 86_400e6, rel=1e-3)
    assert bin_labels(report.features[0].bins or Bins((), ()), times=True)[0] == "≤ 2013-01-01T01:39:00"


def test_what_cannot_be_compared_is_not_judged_even_when_it_is_asked_for() -> None:
    numbers, texts, nothing = [1.0] * 200, ["a"] * 200, pa.array([None] * 200, pa.float64())

    assert "number in the reference, text" in _compared(numbers, texts, include=["x"]).excluded["x"]
    assert "the reference has no value" in _compared(nothing, numbers, include=["x"]).excluded["x"]


def test_the_reason_says_why_there_is_no_verdict() -> None:
    few, many = RANDOM.normal(size=50), RANDOM.normal(size=500)

    assert _compared(few, many).reason == "50 rows in the reference, and a verdict needs 100."
    assert _compared(many, few).reason == "50 rows in the window, and a verdict needs 100."
    assert _compared(many, many, exclude=["x"]).reason == "No column can be judged."


def test_numbers_beyond_doubles_leave_finite_json(tmp_path: Path) -> None:
    before = np.where(RANDOM.random(1000) < 0.5, 1e308, -1e308)
    page = tmp_path / "drift.html"

    found = _drift(tmp_path, before, -before, "--json", "--html", str(page))

    assert "wasserstein" not in json.loads(found.stdout, parse_constant=pytest.fail)["features"][0].get("measures", {})
    assert "nan" not in page.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1_600_000_000_000_000_000] * 200, [1_600_000_000_000_000_000] * 200),
        ([1.7976931348623157e308] * 200, [-1.7976931348623157e308] * 200),
        ([-1.7976931348623157e308] * 200, [-1.7976931348623157e308] * 200),
        ([0.0, 1.7976931348623157e308] * 100, [0.0, 1.7976931348623157e308] * 100),
        ((1e-160 * RANDOM.normal(size=200)).tolist(), (1e150 * RANDOM.normal(size=200)).tolist()),
    ],
)
def test_reports_of_the_largest_and_smallest_numbers_are_finite(tmp_path: Path, before: Any, after: Any) -> None:
    page = tmp_path / "drift.html"

    found = _drift(tmp_path, before, after, "--json", "--html", str(page))

    assert json.loads(found.stdout, parse_constant=pytest.fail)["features"]
    assert not re.search(r"\b(nan|inf)\b", page.read_text())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--html", "/nowhere/x.html"), "/nowhere/x.html: cannot be written: No such file or directory"),
        (("--exclude", "zz"), "there is no column zz; columns: x"),
    ],
)
def test_wrong_options_are_sentences(tmp_path: Path, options: tuple[str, str], problem: str) -> None:
    with pytest.raises(Exception, match=problem):
        _drift(tmp_path, [1.0] * 200, [1.0] * 200, *options)


def test_labels_tell_near_edges_of_large_numbers_apart() -> None:
    labels = bin_labels(Bins((1, 1, 1, 0), (1, 1, 1, 0), edges=(1.7e9, 1.7e9 + 300)))

    assert labels == ["≤ 1700000000", "1700000000 < x ≤ 1700000300", "> 1700000300", "missing"]


def test_labels_tell_times_within_a_second_apart() -> None:
    labels = bin_labels(Bins((1, 1, 1, 0), (1, 1, 1, 0), edges=(1_500_000.0, 1_750_000.0)), times=True)

    assert labels[1] == "1970-01-01T00:00:01.500 < x ≤ 1970-01-01T00:00:01.750"
    assert bin_labels(Bins((1, 1, 0), (1, 1, 0), edges=(1e18,)), times=True)[0] == "≤ 1000000000000000000 µs"
