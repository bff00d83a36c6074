"""train: an artifact that answers as the fitted estimator does."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from evergreen.drift.reference import Reference
from evergreen.features.contract import Contract
from tests.unit.training.conftest import TRIPS, bundled, trips
from tests.unit.training.jobs import Workshop
from training.model import Model

FILES = ["card.json", "contract.json", "model.onnx", "reference.json", "sample.json"]


def test_writes_the_files_of_an_artifact_and_nothing_else(cancer: Workshop) -> None:
    assert sorted(path.name for path in cancer.model.iterdir() if "manifest" not in path.name) == FILES


def test_the_graph_has_one_float32_output(cancer: Workshop, iris: Workshop, diabetes: Workshop) -> None:
    shapes = []
    for shop in (cancer, iris, diabetes):
        graph = onnx.load(shop.model / "model.onnx").graph
        assert len(graph.input) == len(graph.output) == 1
        assert graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        shapes.append(graph.output[0].type.tensor_type.shape.dim[1].dim_value)

    assert shapes == [1, 3, 1]


def test_the_sample_holds_what_the_model_answers(late_trips: Workshop) -> None:
    sample = late_trips.document("sample.json")

    assert len(sample["rows"]) == 16
    assert Model.load(late_trips.model).answer(sample["rows"]) == sample["predictions"]
    assert set(sample["rows"][0]) == {column["name"] for column in late_trips.document("contract.json")["columns"]}


def test_the_reference_can_be_read_and_covers_training_and_validation(late_trips: Workshop) -> None:
    reference = Reference.from_json(late_trips.document("reference.json"))
    rows = late_trips.spec["rows"]

    assert reference.rows == rows["train"] + rows["validation"]
    assert {feature.name for feature in reference.features} == {"distance", "line", "origin", "express"}
    assert reference.score is not None
    assert reference.score.counts.sum() == rows["validation"]


def test_the_reference_counts_by_the_parts_of_the_season_that_the_project_names(tmp_path: Path) -> None:
    shop = Workshop.of(tmp_path, TRIPS + "monitoring: {drift: {window: 1d, season: week}}\n", trips())
    assert shop.prepare().code == shop.train().code == 0

    reference = Reference.from_json(shop.document("reference.json"))

    assert reference.season == "week"
    for feature in reference.features:
        assert feature.by_part is not None
        assert feature.by_part.shape == (7, feature.cells.size)
        assert feature.by_part.sum(axis=0).tolist() == feature.counts.tolist()


def test_the_card_says_how_the_model_was_made(late_trips: Workshop) -> None:
    card = late_trips.document("card.json")

    assert (card["estimator"], card["seed"], card["as_of"]) == ("hist_gradient_boosting", 0, "2013-04-01T00:00:00Z")
    assert card["data"] == {"dataset": "d", "version": "1.0.0", "manifest": "m"}
    assert card["export_difference"] < 1e-6
    assert sum(card["class_shares"]) == pytest.approx(1)


def test_the_same_input_and_seed_give_the_same_graph(late_trips: Workshop, tmp_path: Path) -> None:
    again = Workshop(tmp_path / "ml")
    shutil.copytree(late_trips.base, again.base)

    assert again.train().code == 0

    digests = [hashlib.sha256((shop.model / "model.onnx").read_bytes()).hexdigest() for shop in (late_trips, again)]
    assert digests[0] == digests[1]
    assert again.document("contract.json") == late_trips.document("contract.json")


def test_a_null_that_training_never_saw_is_answered_where_the_contract_allows_it(late_trips: Workshop) -> None:
    row = {**late_trips.document("sample.json")["rows"][0], "distance": None, "line": None}

    answer = Model.load(late_trips.model).answer([row])[0]

    assert 0 <= answer["score"] <= 1


@pytest.mark.parametrize("estimator", ["random_forest", "logistic_regression", "hist_gradient_boosting"])
def test_every_classifier_trains_and_beats_chance(tmp_path: Path, estimator: str) -> None:
    project = TRIPS + f"training: {{estimator: {estimator}, class_weight: balanced}}\n"

    shop = Workshop.of(tmp_path, project, trips()).all_jobs()

    assert shop.evaluation["metrics"]["roc_auc"] > 0.7


@pytest.mark.parametrize("estimator", ["random_forest", "linear", "hist_gradient_boosting"])
def test_every_regressor_trains_and_beats_the_mean(tmp_path: Path, estimator: str) -> None:
    project = f"project: p\ntarget: delay\ndata: {{dataset: d}}\ntraining: {{estimator: {estimator}}}\n"

    shop = Workshop.of(tmp_path, project, trips()).all_jobs()

    assert shop.evaluation["metrics"]["rmse"] < shop.evaluation["baseline_metrics"]["rmse"]


@pytest.mark.parametrize("estimator", ["random_forest", "logistic_regression"])
def test_every_multiclass_classifier_trains(tmp_path: Path, estimator: str) -> None:
    from sklearn.datasets import load_wine

    project = f"project: wine\ntarget: y\ndata: {{dataset: wine}}\ntraining: {{estimator: {estimator}}}\n"
    shop = Workshop.of(tmp_path, project, bundled(load_wine, "y")).all_jobs()

    assert shop.document("contract.json")["target"]["classes"] == [0, 1, 2]
    assert shop.evaluation["metrics"]["accuracy"] > 0.8


@pytest.mark.parametrize(
    ("training", "sentence"),
    [
        ("{parameters: {leaf: 3}}", "HistGradientBoostingClassifier has no leaf"),
        ("{parameters: {learning_rate: -1}}", "learning_rate"),
    ],
)
def test_a_recipe_that_cannot_be_fitted_is_refused_in_a_sentence(tmp_path: Path, training: str, sentence: str) -> None:
    shop = Workshop.of(tmp_path, TRIPS + f"training: {training}\n", trips(400))
    shop.prepare()

    done = shop.train()

    assert done.code == 1
    assert sentence in (shop.base / "output/failure").read_text()
    assert "Traceback" not in done.error
    assert not (shop.model / "model.onnx").exists()


def test_an_estimator_that_does_not_fit_the_problem_that_the_data_poses_is_refused(tmp_path: Path) -> None:
    from sklearn.datasets import load_breast_cancer

    project = "project: tumours\ntarget: y\ndata: {dataset: tumours}\ntraining: {estimator: linear}\n"
    shop = Workshop.of(tmp_path, project, bundled(load_breast_cancer, "y"))
    shop.prepare()

    done = shop.train()

    assert done.code == 1
    assert "linear does not fit a binary_classification" in (shop.base / "output/failure").read_text()


def test_columns_and_rows_give_the_same_matrix(late_trips: Workshop) -> None:
    from training.tables import columns_of_table, read_parts, row_at

    contract = Contract.from_json((late_trips.model / "contract.json").read_bytes())
    table = read_parts(late_trips.heldout)
    rows = [row_at(table, index, contract.columns) for index in range(table.num_rows)]

    whole = contract.encode_columns(columns_of_table(table, contract.columns))

    assert whole.dtype == np.float32
    assert contract.encode(rows).tobytes() == whole.tobytes()
    assert np.vstack([contract.encode([row]) for row in rows[:50]]).tobytes() == whole[:50].tobytes()
