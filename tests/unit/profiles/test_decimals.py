"""Decimals are the doubles nearest to them, wherever they are read."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from evergreen.data.types import normalised
from evergreen.drift.compare import compare_profiles
from evergreen.profiles.build import profile
from evergreen.validation.values import Values

TENTHS = [at / 10 for at in range(1000)] + [None]
KINDS = [pa.decimal32(5, 1), pa.decimal128(20, 1), pa.decimal256(60, 5)]


def _decimals(kind: pa.DataType) -> pa.Array:
    return pa.array([None if value is None else Decimal(str(value)) for value in TENTHS], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_decimal_is_the_nearest_double(kind: pa.DataType) -> None:
    stored = normalised(pa.chunked_array([_decimals(kind)]), name="x", source="a file")

    assert stored.to_pylist() == TENTHS


@pytest.mark.parametrize("kind", KINDS)
def test_decimals_and_the_same_doubles_have_not_drifted(kind: pa.DataType) -> None:
    before, after = (profile(pa.table({"x": array})) for array in (_decimals(kind), pa.array(TENTHS)))

    report = compare_profiles(before, after)

    assert before.columns["x"].top == after.columns["x"].top
    assert report.features[0].value("ks") == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_rules_judge_the_nearest_double(kind: pa.DataType) -> None:
    judged = Values(_decimals(kind))

    assert [*judged.numbers[:-1].tolist(), None] == TENTHS
    assert judged.plain.to_pylist() == TENTHS
