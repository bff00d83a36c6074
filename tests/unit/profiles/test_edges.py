from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from evergreen.drift.cells import Cells
from evergreen.profiles.edges import EdgeCounter

NUMBERS = st.lists(st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.0]), max_size=50)


@given(NUMBERS, st.lists(st.floats(-3, 3), min_size=1, max_size=6, unique=True))
def test_counts_agree_with_looking_each_value_up(values: list[float | None], edges: list[float]) -> None:
    counts = EdgeCounter({"x": edges}).count(pa.table({"x": pa.array(values, pa.float64())}))["x"]

    cells = Cells("number", edges=tuple(sorted(edges)))
    column = np.array([math.nan if value is None else value for value in values], dtype=float)
    assert counts.tolist() == cells.count(column).tolist()


def test_counts_of_windows_add_to_those_of_all_rows() -> None:
    rng = np.random.default_rng(1)
    table = pa.table({"x": rng.normal(size=10_000), "n": pa.array(rng.poisson(4, 10_000), pa.int16())})
    counter = EdgeCounter({"x": np.quantile(table["x"], np.linspace(0, 1, 100)), "n": [1, 2, 4], "absent": [0.0]})

    windows = [counter.count(table.slice(at, 100)) for at in range(0, 10_000, 100)]

    total, whole = counter.add(*windows), counter.count(table)
    assert all((total[name] == whole[name]).all() for name in counter.edges)
    assert int(whole["x"].sum()) == 10_000
    assert whole["absent"].tolist() == [0, 0, 10_000]
