"""The encoder: rows and columns give one matrix."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from evergreen.errors import InvalidRequest
from evergreen.features.contract import Contract, Target
from evergreen.features.fit import Needs, Source, fit_encoder
from evergreen.features.target_encoding import cross_fitted, fit_target_encoding
from evergreen.features.time_parts import time_parts
from evergreen.features.values import Field, columns_of

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("hour", "day_of_week", "day_of_month", "month", "is_weekend")
FIELDS = (
    Field("size", "number", nullable=True),
    Field("flag", "boolean", nullable=True),
    Field("few", "category", nullable=True),
    Field("many", "category"),
    Field("when", "timestamp"),
)
SOURCES = (
    Source("size", "number"),
    Source("flag", "boolean"),
    Source("few", "category"),
    Source("many", "category"),
    Source("when", "timestamp", parts=PARTS),
)
FILL_AND_SCALE = Needs(fill=True, scale=True)


def rows(count: int = 400, seed: int = 0) -> list[dict[str, object]]:
    random = np.random.default_rng(seed)

    def maybe(value: object) -> object:
        return None if random.random() < 0.1 else value

    return [
        {
            "size": maybe(float(random.gamma(2, 1e3))),
            "flag": maybe(bool(random.random() < 0.5)),
            "few": maybe(str(random.choice(["a", "b", "c"]))),
            "many": f"m{random.integers(40)}",
            "when": datetime.fromtimestamp(int(random.integers(2_000_000_000)), UTC).isoformat(),
        }
        for _ in range(count)
    ]


def contract(needs: Needs = FILL_AND_SCALE, *, classes: int = 2) -> tuple[Contract, np.ndarray]:
    learned = rows()
    y = None if classes > 2 else (np.arange(len(learned)) % 3 == 0).astype(float)
    encoder, matrix = fit_encoder(SOURCES, columns_of(learned, FIELDS), y, needs=needs, seed=0)
    target = Target("y", classes=tuple(range(classes)))
    return Contract("p", "binary_classification", target, "when", FIELDS, (), encoder), matrix


@pytest.mark.parametrize("needs", [Needs(), Needs(fill=True), FILL_AND_SCALE])
@pytest.mark.parametrize("classes", [2, 3])
def test_rows_columns_and_a_stored_contract_give_the_same_bits(needs: Needs, classes: int) -> None:
    made, _ = contract(needs, classes=classes)
    stored = Contract.from_json(json.dumps(made.to_json()))
    asked = rows(300, seed=1)

    whole = made.encode_columns(columns_of(asked, FIELDS))

    assert made.encode(asked).tobytes() == whole.tobytes()
    assert stored.encode(asked).tobytes() == whole.tobytes()
    assert np.vstack([stored.encode([row]) for row in asked]).tobytes() == whole.tobytes()


def test_the_contract_survives_its_file() -> None:
    made, _ = contract()

    assert Contract.from_json(made.to_json()).to_json() == made.to_json()


def test_an_estimator_that_takes_no_nan_gets_none() -> None:
    made, matrix = contract(Needs(fill=True))

    assert np.isfinite(matrix).all()
    assert np.isfinite(made.encode(rows(100, seed=2))).all()


def test_scaled_features_have_mean_zero_and_deviation_one() -> None:
    _, matrix = contract()

    assert np.abs(matrix.mean(axis=0)).max() < 1e-5
    assert np.abs(matrix.std(axis=0) - 1).max() < 1e-4


def test_the_number_of_levels_chooses_the_encoding() -> None:
    two, three = contract()[0], contract(classes=3)[0]

    assert [block.kind for block in two.encoder.blocks] == ["value", "value", "one_hot", "lookup", "time_parts"]
    assert "many.target" in two.encoder.feature_names
    assert "many.ordinal" in three.encoder.feature_names
    assert "few is missing" in two.encoder.feature_names


def test_an_unknown_category_is_the_overall_mean_or_no_level() -> None:
    made, _ = contract(Needs())
    names = made.encoder.feature_names

    row = made.encode([{**rows(1)[0], "few": "new", "many": "new"}])[0]

    assert row[names.index("many.target")] == np.float32((np.arange(400) % 3 == 0).mean())
    assert not row[[names.index(name) for name in names if name.startswith("few")]].any()


def test_cross_fitting_hides_a_rows_own_label() -> None:
    random = np.random.default_rng(0)
    column = np.array([f"id{number}" for number in range(2000)], dtype=object)
    y = random.integers(0, 2, 2000).astype(float)

    encoded = cross_fitted(column, y, seed=0)

    assert abs(np.corrcoef(encoded, y)[0, 1]) < 0.1
    assert fit_target_encoding("id", column, y).values == {}  # levels seen once tell nothing


def test_a_frequent_level_is_encoded_by_its_mean_and_a_rare_one_is_shrunk() -> None:
    column = np.array(["often"] * 2000 + ["rare"] * 2 + ["other"] * 1998, dtype=object)
    y = np.array([1.0] * 2002 + [0.0] * 1998)

    values = fit_target_encoding("c", column, y).values

    assert values["often"] > 0.99
    assert 0.5 < values["rare"] < 0.6


def test_time_parts_are_those_of_the_calendar() -> None:
    seconds = np.random.default_rng(0).integers(-1_000_000_000, 4_000_000_000, 500).astype(float)
    moments = [datetime.fromtimestamp(value, UTC) for value in seconds]

    expected = [[m.hour, m.weekday(), m.day, m.month, m.weekday() >= 5] for m in moments]

    assert time_parts(seconds, PARTS).tolist() == np.array(expected, dtype=float).tolist()
    assert np.isnan(time_parts(np.array([np.nan]), PARTS)).all()


def test_numbers_beyond_float32_are_its_largest() -> None:
    made, _ = contract(Needs())

    found = made.encode([{**rows(1)[0], "size": 1e300}])

    assert found[0, 0] == np.finfo(np.float32).max


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"many": None}, "rows[1].many must not be null."),
        ({"size": "1"}, "rows[1].size must be a number."),
        ({"flag": 1}, "rows[1].flag must be true or false."),
        ({"many": {}}, "rows[1].many must be a string, an integer or a boolean."),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_place(change: dict[str, object], problem: str) -> None:
    made, _ = contract()
    good, bad = rows(2)

    with pytest.raises(InvalidRequest) as found:
        made.encode([good, {**bad, **change}])

    assert str(found.value) == problem


def test_a_single_row_that_does_not_fit_is_refused_as_any_other() -> None:
    made, _ = contract()
    (row,) = rows(1)

    for change, problem in (
        ({"size": "1"}, "rows[0].size must be a number."),
        ({"many": None}, "rows[0].many must not be null."),
        ({"when": "soon"}, "when must be an ISO-8601 time such as 2013-04-01T05:15:00Z."),
        ({"size": 10**400}, "size must be a number."),
    ):
        with pytest.raises(InvalidRequest) as found:
            made.encode([{**row, **change}])
        assert str(found.value) == problem


def test_a_field_that_is_no_feature_is_not_asked_for() -> None:
    made, _ = contract()
    wider = replace(made, columns=(*FIELDS, Field("unused", "number")))

    assert wider.encode(rows(1)).shape == (1, len(made.encoder.feature_names))


def test_serving_imports_numpy_and_nothing_heavier() -> None:
    heavy = "{'pandas', 'sklearn', 'pydantic', 'pyarrow', 'scipy'}"
    code = f"import sys, evergreen.features.contract; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
