"""The training job: fit, export, check, and write the artifact."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.errors import DataRefused
from evergreen.evaluation.metrics import all_metrics, codes
from evergreen.evaluation.ranking import best_f1_threshold
from evergreen.features.contract import Contract, Target
from evergreen.features.encoder import Encoder, Matrix
from evergreen.features.fit import fit_encoder
from evergreen.features.values import Column
from evergreen.project.schema import Project, Training
from training.card import card
from training.estimators import KINDS, Rows, fit
from training.export import check_parity, export
from training.job import read_config, read_json, run_job, say, write_json
from training.model import Model
from training.paths import Paths
from training.reference import reference
from training.spec import Spec
from training.tables import columns_of_table, labels_of, read_parts, row_at

SAMPLE_ROWS = 16


@dataclass(frozen=True)
class Part:
    """The rows of one split: as a table, as columns, and their targets (class positions or numbers)."""

    table: pa.Table
    columns: dict[str, Column]
    y: NDArray[Any]

    @classmethod
    def read(cls, directory: Path, spec: Spec) -> Part:
        table = read_parts(directory)
        labels = labels_of(table, spec.target)
        y = labels.astype(float) if spec.classes is None else codes(labels, spec.classes)
        return cls(table, columns_of_table(table, spec.columns), y)


def train(paths: Paths) -> None:
    """Read what `prepare` wrote, and write a model that answers exactly as the fitted estimator does."""
    started = time.monotonic()
    spec = Spec.from_json(read_json(paths.channel("spec") / "spec.json"))
    project, run = read_config(paths.channel("config"))
    settings = _tuned(project.training, paths.hyperparameters)
    learned, held = Part.read(paths.channel("train"), spec), Part.read(paths.channel("validation"), spec)
    target = _target(spec, learned.y)
    encoder, x = _encoded(spec, project, settings, learned, target)
    rows = Rows(x, _scaled(learned.y, target))
    known = _known(held, target)
    fitted = fit(settings, spec.problem, rows, Rows(encoder.encode_columns(known.columns), _scaled(known.y, target)))
    contract = _contract(spec, target, encoder)
    graph = export(fitted, x.shape[1])
    checked = np.vstack([_stressed(x, contract), encoder.encode_columns(held.columns), x])
    parity = check_parity(fitted, Model(contract, graph), checked)
    contract = _with_threshold(contract, graph, spec, known)
    model = Model(contract, graph)
    metrics = _metrics(model, known)
    say("validation:", rows=len(known.y), threshold=contract.threshold, parity=parity, **metrics)
    facts = {"rows": spec.rows, "validation": metrics, "parity": parity, "seconds": time.monotonic() - started}
    _write(paths.model, model, graph, [learned, held], project)
    write_json(paths.model / "card.json", card(spec, settings, fitted, run, _shares(learned.y, target), facts))
    say("trained", estimator=settings.estimator, seconds=time.monotonic() - started, bytes=len(graph))


def _tuned(settings: Training, path: Path) -> Training:
    """The project's recipe with the job's hyper-parameters, which are JSON values written as text."""
    given = read_json(path) if path.exists() else {}
    parameters = {name: _value(text) for name, text in given.items()}
    return settings.model_copy(update={"parameters": {**settings.parameters, **parameters}})


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _target(spec: Spec, y: NDArray[Any]) -> Target:
    if spec.classes is not None:
        return Target(spec.target, classes=spec.classes, positive=spec.positive)
    mean, scale = float(y.mean()), float(y.std())
    if not scale > 0:
        raise DataRefused(f"{spec.target} is {mean:g} in every training row, so there is nothing to learn")
    return Target(spec.target, mean=mean, scale=scale)


def _encoded(spec: Spec, project: Project, settings: Training, learned: Part, target: Target) -> tuple[Encoder, Matrix]:
    """Target encoding averages classes 0 and 1, or the standardised number; more classes have no mean."""
    several = spec.problem == "multiclass_classification"
    if several and any(source.encode == "target" for source in spec.sources):
        raise DataRefused(
            "data.columns: encode: target needs two classes or a number to predict; use ordinal or onehot"
        )
    y = None if several else _scaled(learned.y, target).astype(float)
    needs = KINDS[settings.estimator].needs
    prepare = project.data.prepare
    return fit_encoder(spec.sources, learned.columns, y, needs=needs, seed=settings.seed, prepare=prepare)


def _scaled(y: NDArray[Any], target: Target) -> NDArray[Any]:
    return y if target.mean is None or target.scale is None else (y - target.mean) / target.scale


def _known(part: Part, target: Target) -> Part:
    """The rows whose class is one that training saw."""
    if target.classes is None or (part.y >= 0).all():
        return part
    keep = part.y >= 0
    columns = {name: column[keep] for name, column in part.columns.items()}
    return Part(part.table.filter(pa.array(keep)), columns, part.y[keep])


def _contract(spec: Spec, target: Target, encoder: Encoder) -> Contract:
    return Contract(spec.project, spec.problem, target, spec.time, spec.columns, spec.passthrough, encoder)


def _stressed(x: Matrix, contract: Contract) -> Matrix:
    """A few rows without their nullable values: callers may send nulls that training never saw."""
    if contract.encoder.fill is not None:
        return x[:0]
    nullable = {field.name for field in contract.columns if field.nullable}
    blocks = [(block.column, block.kind) for block in contract.encoder.blocks for _ in block.names]
    empty = [kind in ("value", "time_parts") and column in nullable for column, kind in blocks]
    return np.where(np.array(empty), np.float32(np.nan), x[:100])


def _with_threshold(contract: Contract, graph: bytes, spec: Spec, held: Part) -> Contract:
    """The best F1 on the validation rows; where accuracy decides, the middle."""
    if spec.problem != "binary_classification" or spec.metric == "accuracy":
        return contract
    scores = Model(contract, graph).scores(contract.encode_columns(held.columns))
    return replace(contract, threshold=best_f1_threshold(held.y == 1, scores))


def _metrics(model: Model, held: Part) -> dict[str, float]:
    scores = model.scores(model.contract.encode_columns(held.columns))
    classes = model.contract.target.classes
    positions = None if classes is None else range(len(classes))
    told = scores if classes is None else model.chosen(scores)
    found = all_metrics(model.contract.problem, held.y, told, scores, positions)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _shares(y: NDArray[Any], target: Target) -> list[float] | None:
    return None if target.classes is None else (np.bincount(y, minlength=len(target.classes)) / len(y)).tolist()


def _write(directory: Path, model: Model, graph: bytes, parts: list[Part], project: Project) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    learned, held = parts
    rows = [row_at(held.table, index, model.contract.columns) for index in range(min(SAMPLE_ROWS, len(held.y)))]
    (directory / "model.onnx").write_bytes(graph)
    write_json(directory / "contract.json", model.contract.to_json())
    write_json(directory / "sample.json", {"rows": rows, "predictions": model.answer(rows)})
    write_json(directory / "reference.json", reference(model, learned.table, held.table, project))


if __name__ == "__main__":
    run_job(train, note="failure")
