"""Windows from the counts of their hours, at the reference's frozen edges."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evergreen.drift.verdict import Thresholds, judge_counts, judge_window
from evergreen.drift.window import flatten, window_counts
from evergreen.profiles.edges import EdgeCounter
from tests.unit.drift.samples import normal_columns, reference_of


def test_a_window_added_from_hours_is_judged_as_its_rows_are() -> None:
    random = np.random.default_rng(1)
    reference = reference_of(normal_columns(random, 20_000, 3))
    hours = [normal_columns(random, 200, 3, shift=0.4) for _ in range(24)]
    counter = EdgeCounter({feature.name: feature.cells.edges for feature in reference.features})

    periods = [flatten(reference, counter.count(pa.table(hour))) for hour in hours]
    added = judge_counts(reference, *window_counts(reference, periods), Thresholds())

    whole = {name: np.concatenate([hour[name] for hour in hours]) for name in hours[0]}
    assert added == judge_window(reference, whole, None, Thresholds())
    assert added.verdict == "breach"


def test_an_hour_without_a_feature_and_a_window_without_hours_have_no_rows() -> None:
    random = np.random.default_rng(2)
    columns = normal_columns(random, 1000, 2)
    reference = reference_of(columns, scores=random.random(1000))

    counts, scores = window_counts(reference, [flatten(reference, {"x0": reference.features[0].counts})])
    nothing, _ = window_counts(reference, [])

    assert counts["x0"].tolist() == reference.features[0].counts.tolist()
    assert counts["x1"].sum() == 0
    assert scores is not None
    assert judge_counts(reference, nothing, None, Thresholds()).verdict == "insufficient_data"
