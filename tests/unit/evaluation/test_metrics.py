"""Metrics agree with scikit-learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from evergreen.evaluation.metrics import LOWER_IS_BETTER, METRICS_OF, measure, score
from evergreen.evaluation.ranking import best_f1_threshold
from evergreen.project.schema import METRICS

EXACT = 1e-9


def binary(rows: int = 700, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, rows)
    p = np.round(np.clip(0.3 * y + random.random(rows) * 0.7, 0, 1), 2)  # with ties
    return y, (p >= 0.5).astype(int), p


def several(rows: int = 700, classes: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    y = random.integers(0, classes, rows)
    raw = random.random((rows, classes)) + np.eye(classes)[y] * 0.4
    p = raw / raw.sum(axis=1, keepdims=True)
    return y, p.argmax(axis=1), p


def precision_at_recall(y: np.ndarray, p: np.ndarray) -> float:
    precision, recall, _ = sk.precision_recall_curve(y, p)
    return float(precision[recall >= 0.8].max())


@pytest.mark.parametrize("seed", range(3))
def test_binary_metrics_agree_with_scikit_learn(seed: int) -> None:
    y, told, p = binary(seed=seed)
    expected = {
        "roc_auc": sk.roc_auc_score(y, p),
        "accuracy": sk.accuracy_score(y, told),
        "f1": sk.f1_score(y, told),
        "precision": sk.precision_score(y, told),
        "recall": sk.recall_score(y, told),
        "precision_at_recall_80": precision_at_recall(y, p),
        "log_loss": sk.log_loss(y, p),
    }

    assert set(expected) == set(METRICS_OF["binary_classification"])
    for metric, value in expected.items():
        assert score(metric, y, told, p, [0, 1]) == pytest.approx(value, abs=EXACT), metric


def test_multiclass_metrics_agree_with_scikit_learn() -> None:
    y, told, p = several()
    expected = {
        "accuracy": sk.accuracy_score(y, told),
        "f1_macro": sk.f1_score(y, told, average="macro"),
        "roc_auc": sk.roc_auc_score(y, p, multi_class="ovr", average="macro"),
        "log_loss": sk.log_loss(y, p),
    }

    assert set(expected) == set(METRICS_OF["multiclass_classification"])
    for metric, value in expected.items():
        assert score(metric, y, told, p, range(4)) == pytest.approx(value, abs=EXACT), metric


def test_regression_metrics_agree_with_scikit_learn() -> None:
    random = np.random.default_rng(2)
    y = random.normal(size=500) * 30
    told = y + random.normal(size=500)
    expected = {
        "rmse": sk.root_mean_squared_error(y, told),
        "mae": sk.mean_absolute_error(y, told),
        "r2": sk.r2_score(y, told),
    }

    for metric, value in expected.items():
        assert score(metric, y, told, told, None) == pytest.approx(value, abs=EXACT), metric


@pytest.mark.parametrize("metric", METRICS_OF["binary_classification"])
def test_weights_count_rows_several_times(metric: str) -> None:
    y, told, p = binary(200)
    times = np.random.default_rng(3).integers(0, 4, 200)
    again = np.repeat(np.arange(200), times)

    weighted = measure(metric, y, told, p, [0, 1])(times.astype(float))

    assert weighted == pytest.approx(score(metric, y[again], told[again], p[again], [0, 1]), abs=EXACT)


def test_labels_may_be_any_values() -> None:
    y, told, p = binary()
    names: Any = np.array(["No", "Yes"], dtype=object)

    assert score("f1", names[y], names[told], p, ["No", "Yes"]) == score("f1", y, told, p, [0, 1])
    assert score("roc_auc", y.astype(bool), told.astype(bool), p, [False, True]) == score("roc_auc", y, told, p, [0, 1])


def test_a_metric_that_the_rows_do_not_define_is_nan() -> None:
    ones = np.ones(5, dtype=int)

    assert math.isnan(score("roc_auc", ones, ones, ones * 0.5, [0, 1]))
    assert math.isnan(score("precision_at_recall_80", ones * 0, ones, ones * 0.5, [0, 1]))
    assert math.isnan(score("r2", ones, ones, ones, None))
    assert score("precision", ones, ones * 0, ones * 0.1, [0, 1]) == 0


def test_a_label_of_no_class_is_wrong_and_nothing_else() -> None:
    y = np.array(["a", "b", "?"], dtype=object)

    assert score("accuracy", y, np.array(["a", "b", "b"], dtype=object), np.eye(3)[:, :2], ["a", "b"]) == pytest.approx(
        2 / 3
    )


def test_the_project_file_names_these_metrics_with_these_directions() -> None:
    for problem, names in METRICS_OF.items():
        assert set(names) == {name for name, (problems, _) in METRICS.items() if problem in problems}
    assert {name for name, (_, higher) in METRICS.items() if not higher} == LOWER_IS_BETTER


def test_the_threshold_has_the_best_f1() -> None:
    y, _, p = binary()

    threshold = best_f1_threshold(y == 1, p)

    best = max(sk.f1_score(y, p >= cut) for cut in np.unique(p))
    assert sk.f1_score(y, p >= threshold) == pytest.approx(best)
