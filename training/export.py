"""Fitted estimators as ONNX graphs: float32 features in, probabilities or the standardised number out.

Trees compare and add in double, as scikit-learn does: thresholds rounded to float32 send rows to other leaves
(`skl2onnx` exports a regression 1e-6 standard deviations off, and a label that nobody asked for).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from evergreen.errors import ArtifactRefused
from evergreen.features.encoder import Matrix
from training.estimators import Fitted
from training.model import Model
from training.trees import Trees, boosted, forest

TOLERANCE = 1e-6  # of a probability, or of the target's standard deviation
FLOAT32 = float(np.finfo(np.float32).eps)  # the output itself is a float32
CHECKED_ROWS = 100_000
INPUT, OUTPUT = "features", "score"
_OPSETS = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
_IR_VERSION = 10


def export(fitted: Fitted, width: int) -> bytes:
    """The graph of an estimator on `width` features; the same estimator gives the same bytes."""
    estimator = fitted.estimator
    classes = len(getattr(estimator, "classes_", ()))
    link = {0: None, 2: "Sigmoid"}.get(classes, "Softmax")
    if hasattr(estimator, "_predictors"):
        nodes, tensors = _tree_nodes(boosted(estimator), link)
    elif hasattr(estimator, "estimators_"):
        nodes, tensors = _tree_nodes(forest(estimator), None)
    else:
        nodes, tensors = _linear_nodes(estimator, link)
    wide = helper.make_node("Cast", [INPUT], ["wide"], to=TensorProto.DOUBLE)
    outputs = max(classes, 1) if classes != 2 else 1
    graph = helper.make_graph(
        [wide, *nodes],
        "evergreen",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, outputs])],
        initializer=tensors,
    )
    model = helper.make_model(graph, opset_imports=_OPSETS, ir_version=_IR_VERSION, producer_name="evergreen")
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def check_parity(fitted: Fitted, model: Model, matrix: Matrix) -> float:
    """Return the largest difference between estimator and graph; ArtifactRefused when it is more than rounding."""
    rows = matrix[:CHECKED_ROWS]
    expected = fitted.output(rows)
    apart = np.abs(model.output(rows).astype(np.float64) - expected)
    wrong = apart > TOLERANCE + FLOAT32 * np.abs(expected)
    if not np.isfinite(apart).all() or wrong.any():
        raise ArtifactRefused(
            f"the exported model disagrees with the fitted one on {int(wrong.any(axis=1).sum())} of {len(rows)} rows, "
            f"by up to {float(np.nanmax(apart)):.3g}; it is not written"
        )
    return float(apart.max()) if len(rows) else 0.0


def _tree_nodes(trees: Trees, link: str | None) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    raw = "raw" if link else OUTPUT
    node = helper.make_node("TreeEnsembleRegressor", ["wide"], [raw], domain="ai.onnx.ml")
    leaves, outputs = np.flatnonzero(trees.leaf), trees.weights.shape[1]
    branches = ~trees.leaf
    # ONNX Runtime keeps the false child next to its parent in memory, and most rows go left (an indicator is mostly 0):
    # "greater goes right" answers a row a quarter faster than "less or equal goes left".
    modes = np.where(trees.leaf, b"LEAF", b"BRANCH_GT").tolist()
    node.attribute.append(helper.make_attribute("n_targets", outputs))
    node.attribute.append(AttributeProto(name="nodes_modes", type=AttributeProto.STRINGS, strings=modes))
    for name, values in (
        ("nodes_treeids", trees.tree),
        ("nodes_nodeids", trees.node),
        ("nodes_featureids", trees.feature * branches),
        ("nodes_truenodeids", trees.right * branches),
        ("nodes_falsenodeids", trees.left * branches),
        ("nodes_missing_value_tracks_true", (1 - trees.missing_left) * branches),
        ("target_treeids", np.repeat(trees.tree[leaves], outputs)),
        ("target_nodeids", np.repeat(trees.node[leaves], outputs)),
        ("target_ids", np.tile(np.arange(outputs), len(leaves))),
    ):
        node.attribute.append(AttributeProto(name=name, type=AttributeProto.INTS, ints=values.tolist()))
    for name, numbers in (
        ("nodes_values_as_tensor", np.where(branches, trees.threshold, 0.0)),
        ("target_weights_as_tensor", trees.weights[leaves].ravel()),
        ("base_values_as_tensor", trees.base),
    ):
        node.attribute.append(helper.make_attribute(name, numpy_helper.from_array(numbers, name)))
    return [node, *([_link(link, raw, OUTPUT)] if link else [])], []


def _linear_nodes(estimator: Any, link: str | None) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    weights: NDArray[np.float64] = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64)).T
    bias = np.atleast_1d(np.asarray(estimator.intercept_, dtype=np.float64))
    nodes = [
        helper.make_node("MatMul", ["wide", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["sum"]),
    ]
    if link:
        nodes.append(_link(link, "sum", "linked"))
    nodes.append(helper.make_node("Cast", ["linked" if link else "sum"], [OUTPUT], to=TensorProto.FLOAT))
    tensors = [numpy_helper.from_array(np.ascontiguousarray(weights), "weights"), numpy_helper.from_array(bias, "bias")]
    return nodes, tensors


def _link(kind: str, source: str, result: str) -> onnx.NodeProto:
    node = helper.make_node(kind, [source], [result])
    if kind == "Softmax":
        node.attribute.append(helper.make_attribute("axis", 1))
    return node
