"""Fitted trees as arrays: one row per node, of all trees below each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """Nodes send a row left when x ≤ threshold, or x is missing and `missing_left`; leaves add `weights` to outputs.

    `weights` has the shape (n_nodes, n_outputs); only the rows of leaves count.
    """

    tree: Ints
    node: Ints
    leaf: NDArray[np.bool_]
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: Ints
    weights: Floats
    base: Floats


def boosted(estimator: Any) -> Trees:
    """The trees of a histogram gradient boosting, with one output per class (one for two classes or a number)."""
    iterations = estimator._predictors
    outputs = len(iterations[0]) if iterations else 1
    nodes = [predictor.nodes for iteration in iterations for predictor in iteration]
    every = np.concatenate(nodes)
    sizes = np.array([len(tree) for tree in nodes])
    tree, node = _numbered(sizes)
    leaf = every["is_leaf"].astype(bool)
    weights = np.zeros((len(every), outputs))
    weights[np.arange(len(every)), tree % outputs] = every["value"]
    return Trees(
        tree=tree,
        node=node,
        leaf=leaf,
        feature=every["feature_idx"].astype(np.int64),
        threshold=every["num_threshold"].astype(np.float64),
        left=every["left"].astype(np.int64),
        right=every["right"].astype(np.int64),
        missing_left=every["missing_go_to_left"].astype(np.int64),
        weights=weights,
        base=np.asarray(estimator._baseline_prediction, dtype=np.float64).ravel(),
    )


def forest(estimator: Any) -> Trees:
    """The trees of a random forest: each has an equal vote."""
    trees = [member.tree_ for member in estimator.estimators_]
    tree, node = _numbered(np.array([found.node_count for found in trees]))
    left = np.concatenate([found.children_left for found in trees]).astype(np.int64)
    values = np.concatenate([found.value[:, 0, :] for found in trees]).astype(np.float64)
    votes = values / values.sum(axis=1, keepdims=True) if hasattr(estimator, "classes_") else values
    weights = (votes[:, 1:] if votes.shape[1] == 2 else votes) / len(trees)
    return Trees(
        tree=tree,
        node=node,
        leaf=left < 0,
        feature=np.concatenate([found.feature for found in trees]).astype(np.int64),
        threshold=np.concatenate([found.threshold for found in trees]).astype(np.float64),
        left=left,
        right=np.concatenate([found.children_right for found in trees]).astype(np.int64),
        missing_left=np.ones(len(left), dtype=np.int64),  # a forest's rows are filled, and a way for NaN costs time
        weights=weights,
        base=np.zeros(weights.shape[1]),
    )


def _numbered(sizes: Ints) -> tuple[Ints, Ints]:
    tree = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return tree, np.arange(int(sizes.sum())) - starts
