"""evaluate: metrics of unseen rows, beside the champion's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from evergreen.evaluation.judgement import Evaluation
from tests.unit.training.conftest import TRIPS, trips
from tests.unit.training.jobs import Workshop
from training.model import Model
from training.tables import row_at


def test_the_evaluation_is_one_that_the_judge_can_read(cancer: Workshop, iris: Workshop, diabetes: Workshop) -> None:
    for shop, metric in ((cancer, "roc_auc"), (iris, "accuracy"), (diabetes, "rmse")):
        found = Evaluation.read(json.dumps(shop.evaluation).encode())
        assert found.metric == metric
        assert found.reference_metric == found.metrics[metric]
        assert found.champion_metrics is None
        assert found.comparison is None


def test_the_models_are_better_than_trivial(cancer: Workshop, iris: Workshop, diabetes: Workshop) -> None:
    assert cancer.evaluation["metrics"]["roc_auc"] > 0.95
    assert cancer.evaluation["baseline_metrics"]["roc_auc"] == 0.5
    assert iris.evaluation["metrics"]["accuracy"] > iris.evaluation["baseline_metrics"]["accuracy"] + 0.3
    assert diabetes.evaluation["metrics"]["rmse"] < diabetes.evaluation["baseline_metrics"]["rmse"]


def test_the_metric_is_that_of_the_served_answers(late_trips: Workshop) -> None:
    table = pq.read_table(late_trips.heldout)
    model = Model.load(late_trips.model)
    rows = [row_at(table, index, model.contract.columns) for index in range(table.num_rows)]

    scores = [answer["score"] for answer in model.answer(rows)]

    expected = roc_auc_score(np.array(table["late"].to_pylist()), scores)
    assert late_trips.evaluation["metrics"]["roc_auc"] == pytest.approx(expected, abs=1e-9)


def test_a_model_equals_itself_as_champion(late_trips: Workshop, tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "ml")
    shutil.copytree(late_trips.base, shop.base)

    assert shop.evaluate(champion=shop.model).code == 0

    comparison = shop.evaluation["comparison"]
    assert (comparison["difference"], comparison["low"], comparison["high"]) == (0, 0, 0)
    assert comparison["blocks"] == 7
    assert shop.evaluation["champion_metrics"] == shop.evaluation["metrics"]


def test_a_better_challenger_is_told_from_a_poor_champion(late_trips: Workshop, tmp_path: Path) -> None:
    poor = Workshop.of(tmp_path / "poor", TRIPS + "training: {parameters: {max_iter: 1, max_leaf_nodes: 2}}\n", trips())
    poor.all_jobs()
    shop = Workshop(tmp_path / "ml")
    shutil.copytree(late_trips.base, shop.base)

    assert shop.evaluate(champion=poor.model).code == 0

    assert shop.evaluation["comparison"]["low"] > 0


def test_a_champion_of_another_question_is_not_compared(late_trips: Workshop, iris: Workshop, tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "ml")
    shutil.copytree(late_trips.base, shop.base)

    assert shop.evaluate(champion=iris.model).code == 0

    assert shop.evaluation["comparison"] is None
    assert "another question" in shop.evaluation["champion_reason"]


def test_test_rows_of_one_class_are_refused_in_a_sentence(late_trips: Workshop, tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "ml")
    shutil.copytree(late_trips.base, shop.base)
    path = shop.heldout / "part-00000.parquet"
    pq.write_table(pq.read_table(path, filters=[("late", "==", True)]), path)

    done = shop.evaluate()

    assert done.code == 1
    assert "do not define roc_auc" in (shop.base / "output/message").read_text()


def test_one_row_is_answered_within_a_millisecond(late_trips: Workshop) -> None:
    assert late_trips.evaluation["latency_ms_p50"] < 1
