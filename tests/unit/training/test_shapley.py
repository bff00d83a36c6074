"""Shares of a model's answers: what exact Shapley values say where they are known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evergreen.features.values import Column
from tests.unit.training.jobs import Workshop
from training.shapley import _contributions, shapley_shares


@dataclass
class Formula:
    """Something that answers as a model does."""

    names: list[str]
    answer: Any

    @property
    def contract(self) -> Any:
        return SimpleNamespace(encoder=SimpleNamespace(columns=self.names), encode_columns=lambda columns: columns)

    def scores(self, columns: dict[str, Column]) -> Any:
        return self.answer(**columns)


def columns(rows: int = 2_000) -> dict[str, Column]:
    random = np.random.default_rng(0)
    return {name: random.normal(size=rows) for name in "abc"}


def test_of_a_sum_each_column_has_its_own_share() -> None:
    found = shapley_shares(Formula(list("abc"), lambda a, b, c: 3 * a + b + 0 * c), columns(), seed=0)  # type: ignore[arg-type]

    assert found["c"] == 0.0
    assert found["a"] == pytest.approx(0.75, abs=0.03)
    assert sum(found.values()) == pytest.approx(1.0)


def test_columns_that_work_together_share_alike() -> None:
    found = shapley_shares(Formula(list("abc"), lambda a, b, c: a * b + 0 * c), columns(), seed=0)  # type: ignore[arg-type]

    assert found["a"] == pytest.approx(0.5, abs=0.06)
    assert found["c"] == 0.0


def test_all_orders_give_the_exact_values() -> None:
    formula = Formula(list("abc"), lambda a, b, c: a * b + np.maximum(b, c))
    explained, others = columns(5), {name: column[::-1] for name, column in columns(5).items()}
    found = np.zeros((3, 5))
    for order in permutations("abc"):
        added = _contributions(formula, explained, others, list(order))  # type: ignore[arg-type]
        found += np.array([added[order.index(name)] for name in "abc"]) / 6

    whole, none = formula.scores(explained), formula.scores(others)
    assert found.sum(axis=0) == pytest.approx(whole - none)


def test_every_class_counts() -> None:
    def classes(a: Column, b: Column, c: Column) -> Any:
        return np.stack([a, b, -a - b + 0 * c], axis=1)

    found = shapley_shares(Formula(list("abc"), classes), columns(), seed=0)  # type: ignore[arg-type]

    assert found["a"] == pytest.approx(0.5, abs=0.03)
    assert found["c"] == 0.0


def test_scores_that_never_change_have_no_shares() -> None:
    found = shapley_shares(Formula(["a"], lambda a: 0 * a), {"a": np.arange(9.0)}, seed=0)  # type: ignore[arg-type]

    assert found == {"a": 0.0}


def test_a_trained_model_knows_what_its_answers_depend_on(late_trips: Workshop) -> None:
    features = json.loads((late_trips.model / "reference.json").read_bytes())["features"]
    shares = {feature["name"]: feature["importance"] for feature in features}

    assert shares["distance"] > 0.3
    assert shares["express"] < 0.1
    assert 0.8 < sum(shares.values()) <= 1.0
