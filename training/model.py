"""A model as it answers: the contract's matrix through ONNX Runtime, and its output as predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from evergreen.errors import ArtifactRefused
from evergreen.features.contract import Contract
from evergreen.features.encoder import Matrix
from evergreen.features.values import Row

Scores = NDArray[np.float64]


class Model:
    """One contract and one ONNX session, with one thread: a server answers one row at a time."""

    def __init__(self, contract: Contract, graph: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # errors only: a failing row is the server's to report
        self.contract = contract
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime raises classes of its own, without a public root
            raise ArtifactRefused(f"model.onnx is not a model that ONNX Runtime can load: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[0].name]

    @classmethod
    def load(cls, directory: Path) -> Model:
        """The model of an artifact directory."""
        try:
            contract = Contract.from_json((directory / "contract.json").read_bytes())
            return cls(contract, (directory / "model.onnx").read_bytes())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtifactRefused(f"the model's artifact cannot be read: {error}") from error

    def output(self, matrix: Matrix) -> NDArray[np.float32]:
        """The graph's own output, of shape (n_rows, n_outputs)."""
        result: NDArray[np.float32] = self._session.run(self._outputs, {self._input: matrix})[0]
        return result

    def scores(self, matrix: Matrix) -> Scores:
        """P(positive) or the predicted number, of shape (n_rows,); of more classes (n_rows, n_classes)."""
        output = self.output(matrix).astype(np.float64)
        if self.contract.problem == "multiclass_classification":
            return output
        target = self.contract.target
        if self.contract.problem == "regression":
            return output[:, 0] * (target.scale or 1.0) + (target.mean or 0.0)
        return output[:, 0]

    def chosen(self, scores: Scores) -> NDArray[np.int64]:
        """The position of each row's class."""
        if scores.ndim == 2:
            return np.asarray(scores.argmax(axis=1), dtype=np.int64)
        return (scores >= self.contract.threshold).astype(np.int64)

    def predictions(self, scores: Scores) -> NDArray[Any]:
        """Each row's class, or its number."""
        if self.contract.target.classes is None:
            return scores
        labels = np.empty(len(self.contract.target.classes), dtype=object)
        labels[:] = self.contract.target.classes
        return labels[self.chosen(scores)]

    def answer(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """What the server says about request rows."""
        scores = self.scores(self.contract.encode(rows))
        classes = self.contract.target.classes
        if classes is None:
            return [{"prediction": value, "confidence": None, "score": value} for value in scores.tolist()]
        if scores.ndim == 2:
            chosen = self.chosen(scores).tolist()
            best = scores.max(axis=1).tolist()
            return [_answer(classes[code], share, None) for code, share in zip(chosen, best, strict=True)]
        threshold = self.contract.threshold
        return [_answer(classes[1], p, p) if p >= threshold else _answer(classes[0], 1 - p, p) for p in scores.tolist()]


def _answer(label: Any, confidence: float, score: float | None) -> dict[str, Any]:
    return {"prediction": label, "confidence": confidence, "score": score}
