"""Values that are clipped and imputed: learned from training rows, the same for columns and for one row."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from evergreen.errors import DataRefused
from evergreen.features.contract import Contract, Target
from evergreen.features.encoder import Encoder
from evergreen.features.fit import Needs, Source, fit_encoder
from evergreen.features.fit_repairs import fit_repairs
from evergreen.features.repairs import Clip, Impute, repaired
from evergreen.features.values import Field, columns_of
from evergreen.project.prepare import Preparation

FIELDS = (
    Field("size", "number", nullable=True),
    Field("kind", "category", nullable=True),
    Field("flag", "boolean", nullable=True),
)
TYPES = {field.name: field.type for field in FIELDS}
ROWS = [
    {"size": size, "kind": kind, "flag": flag}
    for size, kind, flag in zip(
        [1.0, 2.0, None, 4.0, 1000.0, 3.0], ["b", None, "a", "a", "b", None], [True, None, True, False, True, None],
        strict=True,
    )
]  # fmt: skip


def steps(*given: dict[str, object]) -> list[Preparation]:
    return [Preparation.model_validate(step) for step in given]


def test_each_step_learns_from_what_those_before_it_left() -> None:
    found = fit_repairs(
        steps({"clip": {"size": {"max": 10}}}, {"impute": {"size": "mean", "kind": "most_frequent"}}),
        columns_of(ROWS, FIELDS),
        TYPES,
    )

    assert found == (Clip("size", -math.inf, 10.0), Impute("size", 4.0), Impute("kind", "a"))


def test_spreads_are_of_the_mean() -> None:
    (clip,) = fit_repairs(steps({"clip": {"size": "1sd"}}), columns_of(ROWS, FIELDS), TYPES)
    known = np.array([1.0, 2.0, 4.0, 1000.0, 3.0])

    assert clip == Clip("size", known.mean() - known.std(), known.mean() + known.std())


@pytest.mark.parametrize(
    ("how", "value"),
    [({"size": "median"}, 3.0), ({"flag": "most_frequent"}, 1.0), ({"flag": {"constant": False}}, 0.0),
     ({"kind": {"constant": 7}}, "7"), ({"size": {"constant": -1}}, -1.0)],
)  # fmt: skip
def test_imputes(how: dict[str, object], value: object) -> None:
    (impute,) = fit_repairs(steps({"impute": how}), columns_of(ROWS, FIELDS), TYPES)
    column = repaired([impute], columns_of(ROWS, FIELDS))[impute.column]

    assert impute == Impute(next(iter(how)), value)
    assert not any(each is None or each != each for each in column.tolist())


def test_columns_that_are_no_features_are_passed_over() -> None:
    assert fit_repairs(steps({"impute": {"gone": "mean"}}, {"clip": {"gone": "3sd"}}), {}, {}) == ()


def test_what_the_data_contradicts_is_refused() -> None:
    columns = columns_of(ROWS, FIELDS)
    with pytest.raises(DataRefused, match=r"data\.prepare: clip: kind is a category, and it needs a number"):
        fit_repairs(steps({"clip": {"kind": "3sd"}}), columns, TYPES)
    with pytest.raises(DataRefused, match=r"data\.prepare: impute: kind is a category, and mean needs a number"):
        fit_repairs(steps({"impute": {"kind": "mean"}}), columns, TYPES)
    with pytest.raises(DataRefused, match="no training row has a value of size"):
        fit_repairs(steps({"impute": {"size": "mean"}}), columns | {"size": np.full(6, np.nan)}, TYPES)


@pytest.mark.parametrize("needs", [Needs(), Needs(fill=True, scale=True)])
def test_one_row_many_rows_and_a_stored_contract_give_the_same_matrix(needs: Needs) -> None:
    prepare = steps(
        {"impute": {"kind": {"constant": "c"}}}, {"clip": {"size": "1sd"}}, {"impute": {"size": "median"}},
        {"impute": {"flag": "most_frequent"}},
    )  # fmt: skip
    columns = columns_of(ROWS, FIELDS)
    y = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    encoder, learned = fit_encoder(
        [Source("size", "number"), Source("kind", "category"), Source("flag", "boolean")], columns, y,
        needs=needs, seed=0, prepare=prepare,
    )  # fmt: skip
    contract = Contract("p", "binary_classification", Target("y", (0, 1), 1), None, FIELDS, (), encoder)
    again = Contract.from_json(json.loads(json.dumps(contract.to_json())))
    rows = [*ROWS, {"size": -1e9, "kind": "new"}, {"size": None, "kind": None, "flag": None}]

    whole = contract.encode(rows)
    assert not np.isnan(whole).any()
    assert np.array_equal(whole[: len(ROWS)], learned)
    for found in (np.vstack([contract.encode([row]) for row in rows]), again.encode(rows)):
        assert np.array_equal(found, whole)


def test_contracts_without_repairs_are_read() -> None:
    document = Encoder([]).to_json()
    del document["repairs"]

    assert Encoder.from_json(document).repairs == []
