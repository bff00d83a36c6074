"""Challenger against champion: the interval means what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from evergreen.evaluation.comparison import Answers, blocks_of, compare, student_t
from evergreen.evaluation.judgement import Comparison


def answers(y: np.ndarray, skill: float, seed: int) -> Answers:
    p = np.clip(y * skill + np.random.default_rng(seed).random(len(y)) * (1 - skill), 0, 1)
    return Answers((p >= 0.5).astype(int), p)


def labels(rows: int = 2000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, rows)


def days(rows: int, count: int) -> np.ndarray:
    return np.datetime64("2024-01-01T00", "us") + (np.arange(rows) * count * 86400 // rows) * np.timedelta64(
        1_000_000, "us"
    )


def test_a_better_challenger_has_a_positive_difference_for_every_direction() -> None:
    y = labels()
    better, worse = answers(y, 0.4, 1), answers(y, 0.1, 2)

    for metric in ("roc_auc", "accuracy", "log_loss"):
        found = Comparison.model_validate(compare(metric, y, better, worse, [0, 1]))
        assert 0 < found.low < found.difference < found.high, metric
        assert (found.rows, found.blocks, found.confidence) == (2000, None, 0.95)


def test_a_smaller_error_is_a_positive_difference() -> None:
    y = np.random.default_rng(0).normal(size=500)
    near, far = Answers(y + 0.1, y), Answers(y + 0.5, y)

    assert compare("rmse", y, near, far, None)["difference"] == pytest.approx(0.4)


def test_a_model_does_not_differ_from_itself() -> None:
    y = labels()
    same = answers(y, 0.3, 1)

    found = compare("roc_auc", y, same, same, [0, 1], times=days(2000, 10))

    assert (found["difference"], found["low"], found["high"], found["blocks"]) == (0, 0, 0, 10)


def test_the_interval_covers_no_difference_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        y = labels(300, seed)
        found = compare("roc_auc", y, answers(y, 0.3, seed + 1000), answers(y, 0.3, seed + 2000), [0, 1])
        covered += found["low"] <= 0 <= found["high"]

    assert covered >= 88  # 95 of 100, less three standard deviations


def test_days_are_resampled_whole_and_few_days_by_the_hour() -> None:
    assert blocks_of(days(1000, 8), 1000)[0].max() == 7
    assert blocks_of(days(1000, 2), 1000)[0].max() == 47
    assert blocks_of(None, 1000)[1]


def test_one_row_proves_nothing() -> None:
    y = np.array([1.0])

    assert math.isinf(compare("mae", y, Answers(y, y), Answers(y, y), None)["high"])


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_student_t_is_close_to_its_exact_quantile(confidence: float) -> None:
    for degrees in (6, 10, 30, 1000):
        assert student_t(degrees, confidence) == pytest.approx(t.ppf((1 + confidence) / 2, degrees), rel=0.01)
