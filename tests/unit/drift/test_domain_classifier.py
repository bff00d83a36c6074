"""Whether rows can be told apart: the classifier, its area, and how often it is wrong."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from evergreen.drift.delong import Auc, delong
from evergreen.drift.domain_classifier import rows_to_draw, tell_apart
from evergreen.drift.domain_rows import CODES, changed_pairs, domain_rows
from evergreen.drift.multivariate import Multivariate, auc_threshold
from evergreen.drift.thresholds import ALPHA, PRESETS
from evergreen.profiles.sample import NO_TEXT, Sample

STANDARD, SENSITIVE = PRESETS["standard"], PRESETS["sensitive"]


def _sample(columns: dict[str, Any]) -> Sample:
    rows = len(next(iter(columns.values())))
    return Sample(np.arange(rows) / rows, columns)


def _normals(random: np.random.Generator, rows: int, features: int, correlation: float = 0.0) -> dict[str, Any]:
    """Independent standard normal columns, but for the first two."""
    columns = {f"x{at}": random.normal(size=rows) for at in range(features)}
    columns["x1"] = correlation * columns["x0"] + np.sqrt(1 - correlation**2) * columns["x1"]
    return columns


def test_the_area_and_its_variance_are_those_of_all_pairs() -> None:
    random = np.random.default_rng(1)
    before, after = random.normal(size=70).round(1), random.normal(0.5, 1, 90).round(1)
    ordered = (after[:, None] > before) + 0.5 * (after[:, None] == before)
    variance = ordered.mean(axis=1).var(ddof=1) / 90 + ordered.mean(axis=0).var(ddof=1) / 70

    found = delong(before, after)

    assert found.value == pytest.approx(ordered.mean(), abs=1e-12)
    assert found.variance == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_the_interval_covers_the_true_area_of_scores(shift: float) -> None:
    random = np.random.default_rng(2)
    true = auc_threshold(2 * NormalDist().cdf(shift / 2) - 1)

    covered = 0
    for _ in range(400):
        low, high = delong(random.normal(size=60), random.normal(shift, 1, 150)).interval(0.025)
        covered += low <= true <= high

    assert 0.92 <= covered / 400 <= 0.985


def test_the_p_value_is_alpha_where_the_lower_bound_is_a_half() -> None:
    area = Auc(0.6, 0.001, 100)
    low, _ = area.interval(area.p)

    assert low == pytest.approx(0.5)
    assert Auc(0.4, 0.001, 100).p == pytest.approx(1 - area.p)


def test_samples_that_do_not_overlap_have_an_interval() -> None:
    apart, same = delong([1.0] * 100, [2.0] * 150), delong([1.0] * 100, [1.0] * 100)

    assert apart.interval(0.025) == (pytest.approx(0.025**0.01), 1.0)
    assert delong([2.0] * 150, [1.0] * 100).interval(0.025) == (0.0, pytest.approx(1 - 0.025**0.01))
    assert apart.p < 1e-29
    assert (same.interval(0.025), same.p) == ((0.5, 0.5), 1.0)


def test_unchanged_rows_are_rarely_told_apart() -> None:
    random, moved, areas = np.random.default_rng(3), 0, []
    for features, rows, windows in ((5, 100, 40), (30, 100, 10), (5, 500, 10)):
        for _ in range(windows):
            before, after = (_sample(_normals(random, rows, features)) for _ in range(2))
            found = tell_apart(before, after, SENSITIVE)
            moved += found.breach
            areas.append(found.auc)

    assert moved <= 1  # of 60
    assert abs(np.mean(areas) - 0.5) < 0.02


@pytest.mark.parametrize("others", [0, 48])
def test_a_changed_correlation_is_found_among_many_columns(others: int) -> None:
    random = np.random.default_rng(4)
    before, after = (_sample(_normals(random, 2000, 2 + others, each)) for each in (0.0, 0.6))

    found = tell_apart(before, after, STANDARD)

    assert found.breach
    assert set(list(found.shares)[:2]) == {"x0", "x1"}
    assert sum(list(found.shares.values())[:2]) > 0.9


def test_one_column_that_moved_among_twenty_is_found_and_named() -> None:
    random = np.random.default_rng(5)
    before, after = (_normals(random, 2000, 20) for _ in range(2))
    after["x7"] = after["x7"] + 0.5

    found = tell_apart(_sample(before), _sample(after), STANDARD)

    assert found.verdict == "breach"
    assert next(iter(found.shares)) == "x7"
    assert len(found.shares) <= 10
    assert list(found.shares.values()) == sorted(found.shares.values(), reverse=True)
    assert found.line.endswith("moved; told apart by x7")


def test_a_shift_below_the_threshold_is_no_drift_however_many_rows_show_it() -> None:
    random = np.random.default_rng(6)
    before, after = (_normals(random, 10_000, 2) for _ in range(2))
    after["x0"] = after["x0"] + 0.15

    found = tell_apart(_sample(before), _sample(after), STANDARD)

    assert (found.p or 1) < ALPHA
    assert found.verdict == "ok"
    assert next(iter(found.shares)) == "x0"


def test_changed_shares_of_texts_and_missing_values_are_found() -> None:
    random = np.random.default_rng(7)
    texts = [random.choice(np.arange(1, 5, dtype=np.uint64), 2000, p=p) for p in ([0.25] * 4, [0.1, 0.2, 0.3, 0.4])]
    some = [np.where(random.random(2000) < share, np.nan, random.normal(size=2000)) for share in (0.02, 0.25)]
    still = [random.normal(size=2000) for _ in range(2)]

    of_texts = tell_apart(*(_sample({"t": t, "x": x}) for t, x in zip(texts, still, strict=True)), STANDARD)
    of_missing = tell_apart(*(_sample({"s": s, "x": x}) for s, x in zip(some, still, strict=True)), STANDARD)

    assert next(iter(of_texts.shares)) == "t"
    assert of_texts.breach
    assert next(iter(of_missing.shares)) == "s"
    assert of_missing.breach


def test_equal_samples_are_exactly_alike_and_answers_repeat() -> None:
    random = np.random.default_rng(8)
    before, after = (_sample(_normals(random, 300, 4, each)) for each in (0.0, 0.9))

    same = tell_apart(before, before, STANDARD)

    assert (same.auc, same.low, same.high, same.verdict) == (0.5, 0.5, 0.5, "ok")
    assert tell_apart(before, after, STANDARD) == tell_apart(before, after, STANDARD)


def test_repeated_rows_and_rows_of_both_sides_are_harmless() -> None:
    random = np.random.default_rng(11)
    before, others = _normals(random, 1000, 6), _normals(random, 200, 6)
    order = random.permutation(1000)
    repeated = {name: np.repeat(values, 5)[order] for name, values in others.items()}
    shared = {name: np.append(before[name][:500], np.repeat(values, 3)[:500])[order] for name, values in others.items()}

    for after in (repeated, shared, {name: values[order] for name, values in before.items()}):
        found = tell_apart(_sample(before), _sample(after), STANDARD)
        assert found.verdict == "ok"
        assert abs((found.auc or 0) - 0.5) < 0.05


def test_equal_rows_that_are_many_are_learnt_from() -> None:
    random = np.random.default_rng(12)
    before, after = (_sample({"paid": (random.random(500) < share) * 1.0}) for share in (0.3, 0.6))

    assert tell_apart(before, after, STANDARD).auc == pytest.approx(0.65, abs=0.05)


def test_odd_columns_are_no_obstacle() -> None:
    random = np.random.default_rng(9)
    nothing, huge = np.full(300, np.nan), random.normal(size=300) * 1e307
    few = np.where(np.arange(300) == 7, 1.0, np.nan)
    texts = np.arange(1, 301, dtype=np.uint64)
    before = _sample({"nothing": nothing, "few": few, "one": np.ones(300), "huge": huge, "t": texts})
    after = _sample({"nothing": nothing, "few": nothing, "one": np.ones(300), "huge": huge[::-1], "t": texts * 0})

    found = tell_apart(before, after, STANDARD)

    assert list(found.shares) == ["t"]
    assert found.auc == 1.0
    assert tell_apart(_sample({"one": np.ones(200)}), _sample({"one": np.ones(200)}), STANDARD).auc == 0.5


def test_few_rows_and_no_columns_have_no_verdict() -> None:
    few, many = (_sample({"x": np.arange(float(rows))}) for rows in (99, 1000))

    for sides in ((few, many), (many, few), (replace(many, columns={}), replace(many, columns={}))):
        found = tell_apart(*sides, STANDARD)
        assert found.verdict == "insufficient_data"
        assert found.to_dict()["auc"] is None


def test_rare_texts_share_a_code_and_missing_ones_have_none() -> None:
    frequent, common, rare = np.repeat(np.arange(1, 301), 5), np.full(9, 301), np.arange(400, 404)
    texts = np.concatenate([frequent, common, rare, np.full(50, NO_TEXT)]).astype(np.uint64)
    sample = _sample({"t": texts})

    codes = domain_rows(sample, sample).values[: len(texts), 0]

    assert np.unique(codes[~np.isnan(codes)]).tolist() == list(range(CODES + 1))
    assert np.isnan(codes).sum() == 50
    assert set(codes[texts == 301]) == {0.0}
    assert set(codes[np.isin(texts, rare)]) == {float(CODES)}


def test_pairs_are_rarely_taken_by_chance() -> None:
    random = np.random.default_rng(10)
    side = np.arange(400) >= 200

    found = [len(changed_pairs(random.uniform(-1.73, 1.73, (400, 30)), side)) for _ in range(100)]

    assert sum(taken > 0 for taken in found) <= 5
    assert len(changed_pairs(np.empty((400, 0)), side)) == len(changed_pairs(np.ones((400, 1)), side)) == 0


def test_thresholds_and_rows_follow_from_the_others() -> None:
    assert auc_threshold(STANDARD.distance) == pytest.approx(0.5706, abs=1e-4)
    assert auc_threshold(SENSITIVE.distance) == pytest.approx(0.5353, abs=1e-4)
    assert [rows_to_draw(features) for features in (0, 250, 2000)] == [20_000, 20_000, 2500]
    assert Multivariate(0.57, 10, 10).line == "together: no verdict"
