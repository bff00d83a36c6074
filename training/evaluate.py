"""The processing job that grades a model on rows that no training job has seen, beside the champion."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.errors import ArtifactRefused, DataRefused
from evergreen.evaluation.comparison import Answers, compare
from evergreen.evaluation.metrics import all_metrics
from evergreen.project.schema import Project
from training.job import read_config, read_json, run_job, say, write_json
from training.model import Model
from training.paths import Paths
from training.tables import columns_of_table, labels_of, read_parts, row_at, times_of

TIMED_ROWS = 200


@dataclass(frozen=True)
class Graded:
    """One model's answers on the test rows, and all metrics of them."""

    answers: Answers
    metrics: dict[str, float]


def evaluate(paths: Paths) -> None:
    """Grade the model and, when there is one, the champion; write evaluation.json."""
    project, _ = read_config(paths.input("config"))
    table = read_parts(paths.input("test"))
    model, facts = _load(paths.input("model"))
    labels = labels_of(table, model.contract.target.name)
    graded = grade(model, table, labels)
    metric = str(facts["metric"])
    if not math.isfinite(graded.metrics[metric]):
        raise DataRefused(
            f"the {len(labels)} test rows do not define {metric} (do they hold every class?); hold out more"
        )
    champion, comparison, reason = _against(paths.input("champion"), model, graded, table, labels, metric, project)
    evaluation = {
        "problem": model.contract.problem,
        "metric": metric,
        "metrics": _finite(graded.metrics),
        "reference_metric": graded.metrics[metric],
        "baseline_metrics": _finite(baseline(model, labels, facts.get("class_shares"))),
        "champion_metrics": None if champion is None else _finite(champion.metrics),
        "comparison": comparison,
        "champion_reason": reason,
        "rows": len(labels),
        "threshold": model.contract.threshold if model.contract.problem == "binary_classification" else None,
        "latency_ms_p50": latency_ms(model, table),
    }
    write_json(paths.output("evaluation") / "evaluation.json", evaluation)
    say("evaluated:", rows=len(labels), **_finite(graded.metrics))


def grade(model: Model, table: pa.Table, labels: NDArray[Any]) -> Graded:
    """Score every test row with the exported model."""
    contract = model.contract
    scores = model.scores(contract.encode_columns(columns_of_table(table, contract.columns)))
    predictions = model.predictions(scores)
    truth = labels.astype(float) if contract.target.classes is None else labels
    return Graded(
        Answers(predictions, scores), all_metrics(contract.problem, truth, predictions, scores, contract.target.classes)
    )


def baseline(model: Model, labels: NDArray[Any], shares: list[float] | None) -> dict[str, float]:
    """The metrics of a model that always answers the training rows' majority, shares or mean."""
    target, rows = model.contract.target, len(labels)
    if target.classes is None or shares is None:
        mean = np.full(rows, target.mean or 0.0)
        return all_metrics(model.contract.problem, labels.astype(float), mean, mean, None)
    predictions = np.empty(rows, dtype=object)
    predictions[:] = [target.classes[int(np.argmax(shares))]] * rows
    scores = np.full(rows, shares[1]) if len(shares) == 2 else np.tile(np.array(shares), (rows, 1))
    return all_metrics(model.contract.problem, labels, predictions, scores, target.classes)


def latency_ms(model: Model, table: pa.Table) -> float:
    """The median time of one row, from JSON values to the answer."""
    rows = [row_at(table, index, model.contract.columns) for index in range(min(TIMED_ROWS, table.num_rows))]
    taken = []
    for row in rows:
        started = time.perf_counter()
        model.answer([row])
        taken.append(time.perf_counter() - started)
    return round(float(np.median(taken)) * 1000, 4)


def _against(
    directory: Path, model: Model, graded: Graded, table: pa.Table, labels: NDArray[Any], metric: str, project: Project
) -> tuple[Graded | None, dict[str, Any] | None, str | None]:
    """The champion's grade and the comparison; or why there is none."""
    if not (directory / "model.onnx").exists():
        return None, None, None
    contract = model.contract
    try:
        champion, _ = _load(directory)
        theirs = champion.contract
        if (theirs.problem, theirs.target.classes) != (contract.problem, contract.target.classes):
            return None, None, "the champion answers another question: its problem or its classes differ"
        other = grade(champion, table, labels)
    except (ArtifactRefused, DataRefused) as error:
        return None, None, f"the champion cannot score these rows: {error}"
    truth = labels.astype(float) if contract.target.classes is None else labels
    found = compare(
        metric,
        truth,
        graded.answers,
        other.answers,
        contract.target.classes,
        times=times_of(table, contract.time) if contract.time else None,
        confidence=project.evaluation.champion.confidence,
        seed=project.training.seed,
    )
    measured = all(math.isfinite(found[name]) for name in ("difference", "low", "high"))
    return (
        other,
        found if measured else None,
        None if measured else f"the test rows do not tell the models' {metric} apart",
    )


def _load(directory: Path) -> tuple[Model, dict[str, Any]]:
    """A model that this pipeline wrote and that is not signed yet, or the champion's."""
    card: dict[str, Any] = read_json(directory / "card.json")
    return Model.load(directory), card


def _finite(metrics: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


if __name__ == "__main__":
    run_job(evaluate, note="message")
