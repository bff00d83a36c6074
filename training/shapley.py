"""How much of a model's answers each column carries: mean absolute Shapley values of its scores, as shares.

φⱼ is what column j adds to the score of a row x, averaged over the orders in which the columns of a background row z
become those of x. It is sampled: a few random orders, each with its reverse, and another z in each (Štrumbelj and
Kononenko, Explaining prediction models and individual predictions with feature contributions, 2014; antithetic orders
after Mitchell et al., Sampling permutations for Shapley value estimation, 2022).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evergreen.features.values import Column
from training.model import Model, Scores

_ORDERS = 4  # and their reverses
_ROWS = 200  # that are explained, at most; of a wide table fewer, at least
_FEWEST = 16
_CELLS = 20_000_000  # of all matrices together


def shapley_shares(model: Model, columns: Mapping[str, Column], *, seed: int) -> dict[str, float]:
    """The share of each column, of shape (n_rows,); they add up to 1, or are all 0 where the scores never change."""
    names = model.contract.encoder.columns
    count, rows = len(names), len(next(iter(columns.values())))
    random = np.random.default_rng(seed)
    most = int(np.clip(_CELLS // (2 * _ORDERS * (count + 1) * count), _FEWEST, _ROWS))
    chosen = random.permutation(rows)[:most]
    explained = {name: columns[name][chosen] for name in names}
    found: Scores | float = 0.0
    for _ in range(_ORDERS):
        background = random.integers(0, rows, len(chosen))
        others = {name: columns[name][background] for name in names}
        order = random.permutation(count)
        for each in (order, order[::-1]):
            found = found + _contributions(model, explained, others, [names[at] for at in each])[np.argsort(each)]
    sizes = np.abs(found).reshape(count, -1).sum(axis=1)
    total = float(sizes.sum())
    return {name: float(size) / total if total else 0.0 for name, size in zip(names, sizes, strict=True)}


def _contributions(
    model: Model, explained: Mapping[str, Column], others: Mapping[str, Column], order: list[str]
) -> Scores:
    """What each column of the order adds, of shape (columns, n_rows) or (columns, n_rows, n_classes)."""
    steps = len(order) + 1
    mixed = {
        name: np.concatenate([explained[name] if at < step else others[name] for step in range(steps)])
        for at, name in enumerate(order)
    }
    scores = model.scores(model.contract.encode_columns(mixed))
    by_step = scores.reshape(steps, -1, *scores.shape[1:])
    return np.diff(by_step, axis=0)
