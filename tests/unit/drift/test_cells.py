"""Exact counts at frozen edges, beside looking each value up; and counts of windows add to those of all rows."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evergreen.drift.cells import Cells, Column
from evergreen.drift.precision import is_single, single

NUMBERS = st.lists(st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.0]), max_size=50)


@given(NUMBERS, st.lists(st.floats(-3, 3), min_size=1, max_size=6, unique=True))
def test_counts_agree_with_looking_each_value_up(values: list[float | None], edges: list[float]) -> None:
    ascending = sorted(edges)
    cells = Cells("number", edges=tuple(ascending))

    counts = cells.count(np.array([math.nan if value is None else value for value in values], dtype=float))

    precise = is_single(ascending[1:])  # then so are the values
    expected = [0] * cells.size
    for value in values:
        if value is None or not math.isfinite(value):
            expected[-1] += 1
        else:
            seen = float(single(value)) if precise else value
            expected[next((at for at, edge in enumerate(ascending) if seen <= edge), len(edges))] += 1
    assert counts.tolist() == expected


def test_rare_categories_of_few_rows_are_no_bins_of_their_own() -> None:
    cells = Cells("category", values=("a", "b", "c", "d"))

    assert cells.bins(np.array([100, 20, 19, 3, 0, 5])).tolist() == [0, 1, 2, 2, 2, 3]
    assert cells.bins(np.array([100_000, 1100, 900, 800, 0, 5])).tolist() == [0, 1, 2, 2, 2, 3]


def test_counts_of_windows_add_to_those_of_all_rows() -> None:
    rng = np.random.default_rng(1)
    columns: dict[str, tuple[Column, Cells]] = {
        "x": (rng.normal(size=10_000), Cells("number", edges=tuple(np.linspace(-3, 3, 100)))),
        "n": (rng.poisson(4, 10_000).astype(np.int16), Cells("number", edges=(1.0, 2.0, 4.0))),
        "absent": (np.full(10_000, np.nan), Cells("number", edges=(0.0,))),
        "c": (rng.choice(np.array(["a", "b", None], dtype=object), 10_000), Cells("category", values=("a",))),
    }

    whole = {name: cells.count(column) for name, (column, cells) in columns.items()}

    for name, (column, cells) in columns.items():
        total = np.sum([cells.count(column[at : at + 100]) for at in range(0, 10_000, 100)], axis=0)
        assert total.tolist() == whole[name].tolist()
        assert int(whole[name].sum()) == 10_000
    assert whole["absent"].tolist() == [0, 0, 10_000]
