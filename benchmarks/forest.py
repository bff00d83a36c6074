"""The model that everyone serves: one forest (200 trees, depth 12) on 15 numbers and 5 categories.

Ours is its export and contract, signed as registration signs; a peer's is a scikit-learn pipeline around the very
same fitted estimator, without the imputation that ours does on top.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from numpy.typing import NDArray

from benchmarks.environments import BUILD
from evergreen.features.contract import Contract, Target
from evergreen.features.encoder import Matrix
from evergreen.features.fit import Source, fit_encoder
from evergreen.features.values import Column, Field
from evergreen.project.schema import Training
from training.estimators import KINDS, Fitted, Rows, fit
from training.export import check_parity, export
from training.model import Model

SEED = 7
ROWS = 20_000
SENT = 200  # different rows that callers send in turn: one row again and again would stay in the processor's cache
NUMBERS = [f"f{index:02d}" for index in range(15)]
LEVELS = {"contract": 3, "internet": 3, "payment": 4, "plan": 8, "region": 20}


@dataclass(frozen=True)
class Trained:
    """A fitted estimator, our model of it, and rows to ask about."""

    estimator: Any
    model: Model
    graph: bytes
    matrix: Matrix
    rows: list[dict[str, Any]]

    @property
    def bodies(self) -> list[str]:
        """One-row requests as our server takes them."""
        return [json.dumps({"rows": [row]}) for row in self.rows]


def table() -> tuple[dict[str, Column], NDArray[np.int64]]:
    """Columns, and a label that depends on some of them."""
    random = np.random.default_rng(SEED)
    kinds: list[Callable[[], NDArray[np.float64]]] = [
        lambda: random.normal(0, 1, ROWS),
        lambda: random.gamma(2, 10, ROWS),
        lambda: random.integers(0, 72, ROWS).astype(float),
    ]
    numbers = {name: kinds[index % 3]() for index, name in enumerate(NUMBERS)}
    codes = {name: random.integers(0, levels, ROWS) for name, levels in LEVELS.items()}
    score = 0.8 * numbers["f00"] - 0.03 * numbers["f02"] + 0.02 * numbers["f01"] + 0.5 * (codes["contract"] == 0)
    score += 0.3 * numbers["f03"] * (codes["internet"] == 1) - 0.4 * (codes["plan"] > 4)
    names = {name: np.array([f"{name}_{code:02d}" for code in codes[name]], dtype=object) for name in LEVELS}
    return {**numbers, **names}, (score + random.logistic(0, 1, ROWS) > 0).astype(np.int64)


@cache
def trained(estimator: str) -> Trained:
    """`random_forest` or `hist_gradient_boosting` with our defaults, by our own training code."""
    columns, y = table()
    sources = [Source(name, "number") for name in NUMBERS] + [Source(name, "category", "onehot") for name in LEVELS]
    encoder, matrix = fit_encoder(sources, columns, y.astype(float), needs=KINDS[estimator].needs, seed=SEED)
    settings = Training.model_validate({"estimator": estimator, "seed": SEED})
    fitted = fit(settings, "binary_classification", Rows(matrix, y), Rows(matrix[:0], y[:0]))
    fields = [Field(name, "number") for name in NUMBERS] + [Field(name, "category") for name in LEVELS]
    target = Target("bought", classes=(False, True), positive=True)
    contract = Contract("bench", "binary_classification", target, None, tuple(fields), (), encoder)
    graph = export(fitted, matrix.shape[1])
    model = Model(contract, graph)
    check_parity(fitted, model, matrix)
    sent = {name: column[:SENT].tolist() for name, column in columns.items()}
    rows = [{name: values[index] for name, values in sent.items()} for index in range(SENT)]
    return Trained(_alone(fitted), model, graph, matrix[:SENT], rows)


def _alone(fitted: Fitted) -> Any:
    """The estimator on one thread: for one row, a pool of threads only costs."""
    if hasattr(fitted.estimator, "n_jobs"):
        fitted.estimator.n_jobs = 1
    return fitted.estimator


def artifact(found: Trained) -> tuple[Path, str]:
    """The signed artifact's folder, and EVERGREEN_TRUSTED_KEYS."""
    folder = BUILD / "forest" / "artifact"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(found.graph)
    (folder / "contract.json").write_text(json.dumps(found.model.contract.to_json()))
    files = {name: _described(folder / name) for name in ("model.onnx", "contract.json")}
    manifest = json.dumps({"format": 1, "files": files}, sort_keys=True, separators=(",", ":")).encode()
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "manifest.sig").write_bytes(base64.b64encode(key.sign(manifest, ec.ECDSA(SHA256()))))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return folder, json.dumps([base64.b64encode(public).decode()])


def pipeline(estimator: Any, *, coded: bool = False) -> Any:
    """The estimator behind scikit-learn's own preprocessing, for a DataFrame; `coded` takes plain numbers instead."""
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    columns, _ = table()
    frame = pd.DataFrame({name: code(column) if coded else column for name, column in columns.items()})
    numbers, categories = list(range(len(NUMBERS))), list(range(len(NUMBERS), len(columns)))
    names = (numbers, categories) if coded else (NUMBERS, list(LEVELS))
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    prepare = ColumnTransformer([("numbers", "passthrough", names[0]), ("categories", encode, names[1])])
    prepare.fit(frame.to_numpy() if coded else frame)
    return Pipeline([("prepare", prepare), ("model", estimator)])


def code(column: Column) -> NDArray[np.float64]:
    """Categories as the number at their end; numbers as they are."""
    if column.dtype != object:
        return column
    return np.array([float(value[-2:]) for value in column])


def _described(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
