"""Quality: joined by prediction id, judged by the good end of its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evergreen.project.schema import Quality
from evergreen.quality.interval import blocks_of, student_t
from evergreen.quality.join import Answers, Labelled, join
from evergreen.quality.verdict import Promise, QualityReport, judge_quality, limits, promise_for

START = np.datetime64("2013-04-01T00:00:00", "us")
HOUR = np.timedelta64(1, "h")


def answers(rows: int, right: float, *, days: int = 7, seed: int = 0) -> tuple[Answers, dict[str, Any]]:
    """Binary answers of which a share is right, and their truth."""
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.3
    said = np.where(random.random(rows) < right, truth, ~truth)
    ids = [f"r:{row}" for row in range(rows)]
    score = np.where(said, 0.8, 0.2) + random.normal(0, 0.05, rows)
    times = START + (np.arange(rows) % (days * 24)) * HOUR
    texts = ["true" if value else "false" for value in said]
    return Answers(ids, times, texts, score), {key: bool(value) for key, value in zip(ids, truth, strict=True)}


def labelled(rows: int, right: float, **rest: int) -> Labelled:
    """Answers and all of their labels."""
    found, truth = answers(rows, right, **rest)
    return join(found, truth, [False, True])


def judged(sample: Labelled, reference: float | None = 0.9, **rules: Any) -> QualityReport:
    """The verdict on accuracy."""
    return judge_quality(sample, Promise("accuracy", reference), Quality(**rules), declared="accuracy")


def test_quality_as_promised_is_ok() -> None:
    report = judged(labelled(3000, 0.9))

    assert report.verdict == "ok"
    assert report.low is not None
    assert report.high is not None
    assert report.low < 0.9 < report.high
    assert report.blocks == "day"


def test_a_clear_fall_is_a_breach_that_names_its_limit() -> None:
    report = judged(labelled(3000, 0.75))

    assert report.verdict == "breach"
    assert "below 0.8500" in report.reason


def test_a_small_sample_below_the_limit_is_no_breach_while_its_interval_reaches_above() -> None:
    report = judged(labelled(220, 0.84, seed=3))

    assert report.value is not None
    assert report.value < 0.87
    assert report.verdict == "ok"


def test_too_few_labels_are_insufficient() -> None:
    found, truth = answers(3000, 0.1)
    few = dict(list(truth.items())[:199])

    report = judge_quality(
        join(found, few, [False, True]), Promise("accuracy", 0.9), Quality(min_labels=200), declared="accuracy"
    )

    assert report.verdict == "insufficient_data"
    assert report.reason == "199 labels have arrived, and a verdict needs 200."
    assert report.coverage == pytest.approx(199 / 3000, abs=1e-6)


def test_no_labels_at_all_are_insufficient() -> None:
    found, _ = answers(10, 0.5)

    report = judged(join(found, {}, [False, True]))

    assert (report.verdict, report.value, report.labels, report.rows) == ("insufficient_data", None, 0, 10)


def test_one_class_has_no_roc_auc_and_is_insufficient() -> None:
    found, truth = answers(500, 0.9)

    sample = join(found, dict.fromkeys(truth, True), [False, True])

    assert judge_quality(sample, Promise("roc_auc", 0.9), Quality(), declared="roc_auc").verdict == "insufficient_data"


def test_unknown_labels_are_counted_and_not_used() -> None:
    found, truth = answers(500, 0.9)

    sample = join(found, truth | {"r:0": "perhaps", "r:1": None, "other:0": True}, [False, True])

    assert (sample.unknown_labels, len(sample.y)) == (2, 498)


def test_the_positive_class_is_the_one_that_the_score_speaks_of() -> None:
    found, truth = answers(500, 0.9)
    words = {key: "late" if value else "on time" for key, value in truth.items()}
    said = ["late" if text == "true" else "on time" for text in found.prediction]

    sample = join(Answers(found.prediction_id, found.time, said, found.score), words, ["late", "on time"], "late")

    assert judge_quality(sample, Promise("roc_auc", 0.5), Quality(), declared="roc_auc").value > 0.8  # type: ignore[operator]


def test_regression_errors_breach_above_their_ceiling() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(100, 10, 1000)
    ids = [f"r:{row}" for row in range(1000)]
    said = truth + random.normal(0, 8, 1000)
    found = Answers(ids, START + (np.arange(1000) % 168) * HOUR, [str(value) for value in said], said)

    sample = join(found, dict(zip(ids, truth.tolist(), strict=True)), None)
    report = judge_quality(sample, Promise("rmse", 5.0), Quality(fall=0.1), declared="rmse")

    assert report.ceiling == pytest.approx(5.5)
    assert report.verdict == "breach"
    assert report.accuracy is None


def test_the_strictest_limit_counts() -> None:
    assert limits(Promise("accuracy", 0.9), Quality(min=0.8, fall=0.05)) == (0.9 - 0.05, None)
    assert limits(Promise("accuracy", 0.9), Quality(min=0.88, fall=0.05)) == (0.88, None)
    assert limits(Promise("rmse", 10.0), Quality(max=10.2, fall=0.05)) == (None, 10.2)
    assert limits(Promise("accuracy", None), Quality()) == (None, None)


def test_several_classes_are_judged_by_accuracy_because_answers_carry_no_distribution() -> None:
    promise = promise_for("multiclass_classification", "log_loss", {"log_loss": 0.4, "accuracy": 0.9})

    assert promise == Promise("accuracy", 0.9)
    assert promise_for("binary_classification", "roc_auc", {"roc_auc": 0.7}) == Promise("roc_auc", 0.7)


def test_days_are_resampled_whole_when_there_are_enough_of_them() -> None:
    hours = START + np.arange(500) * HOUR

    assert blocks_of(hours)[0] == "day"
    assert blocks_of(hours[:48])[0] == "hour"
    assert blocks_of(hours[:3])[0] == "row"


def test_days_that_differ_widen_the_interval() -> None:
    sample = labelled(3000, 0.9)
    bad_days = (sample.time.astype("datetime64[D]").astype(int) % 3) == 0
    prediction = np.where(bad_days & (np.arange(3000) % 4 == 0), 1 - sample.prediction, sample.prediction)
    uneven = Labelled(sample.y, prediction, sample.score, sample.time, sample.classes, sample.rows, 0)

    even_report, uneven_report = judged(sample), judged(uneven)

    assert width(uneven_report) > 2 * width(even_report)


def test_students_quantile_is_close_from_four_degrees_on() -> None:
    from scipy import stats

    for degrees in (4, 6, 13, 29, 1000):
        assert student_t(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=0.03)


def width(report: QualityReport) -> float:
    """The width of the interval."""
    assert report.low is not None
    assert report.high is not None
    return report.high - report.low
