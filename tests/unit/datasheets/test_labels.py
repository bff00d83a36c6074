"""Equal rows with different labels, against a dictionary; and the balance of the target."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.data.target import TargetExpression, parse_target
from evergreen.datasheets.balance import balance
from evergreen.datasheets.labels import Conflicts, conflicts
from evergreen.profiles.build import profile

inputs = st.tuples(
    st.one_of(
        st.none(), st.sampled_from(["", "a", "b", "a long text that differs late 1", "a long text that differs late 2"])
    ),
    st.one_of(st.none(), st.integers(-1, 1)),
    st.one_of(st.none(), st.booleans()),
)


def table(rows: list[tuple[tuple[Any, ...], Any]]) -> pa.Table:
    columns = [[row[0][at] for row in rows] for at in range(3)] + [[row[1] for row in rows]]
    types = [pa.string(), pa.int64(), pa.bool_(), pa.string()]
    return pa.table(
        [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)], names=["t", "n", "b", "y"]
    )


@given(
    st.lists(st.tuples(inputs, st.one_of(st.none(), st.sampled_from(["yes", "no"]))), max_size=40), st.integers(0, 40)
)
def test_finds_the_rows_that_a_dictionary_finds(rows: list[Any], cut: int) -> None:
    labels: dict[Any, Counter[str]] = defaultdict(Counter)
    for row, label in rows:
        if label is not None:
            labels[row][label] += 1
    known = sum(sum(found.values()) for found in labels.values())
    wrong = sum(sum(found.values()) - max(found.values()) for found in labels.values())

    found = conflicts([table(rows[:cut]), table(rows[cut:])], ["t", "n", "b"], TargetExpression("y"))

    assert found == Conflicts(
        rows=known,
        repeated=sum(total for each in labels.values() if (total := sum(each.values())) > 1),
        conflicting=sum(sum(each.values()) for each in labels.values() if len(each) > 1),
        unavoidable=pytest.approx(wrong / known if known else 0.0),
    )


def test_a_label_that_is_computed_is_compared_as_a_label() -> None:
    rows = pa.table({"x": [1, 1, 1, 2], "delay": [16.0, 90.0, 3.0, float("nan")]})

    found = conflicts([rows], ["x"], parse_target("delay > 15"))

    assert (found.rows, found.conflicting, found.unavoidable) == (3, 3, pytest.approx(1 / 3))


@pytest.mark.parametrize("rows", [500, 200_000])
@pytest.mark.parametrize("operator", [">", ">=", "<", "<=", "==", "!="])
def test_the_balance_of_a_computed_target_is_within_what_the_profile_promises(rows: int, operator: str) -> None:
    values = np.random.default_rng(1).normal(size=rows).round(3 if rows < 1000 else 9)
    column = profile(pa.table({"delay": values})).column("delay")
    target = parse_target(f"delay {operator} 0.5")
    exact = sum(target.labels(values.tolist()))

    held = {label.label: label for label in balance(column, target)}["true"]

    assert abs(held.rows - exact) <= held.error * rows + 1


def test_a_number_to_estimate_has_no_balance_and_classes_have() -> None:
    columns = profile(pa.table({"price": [float(at) for at in range(100)], "kind": ["a", "b"] * 50})).columns

    assert balance(columns["price"], TargetExpression("price")) == ()
    assert [(label.label, label.rows) for label in balance(columns["kind"], TargetExpression("kind"))] == [
        ("a", 50),
        ("b", 50),
    ]
