"""Windows from the counts of their hours, at the reference's frozen edges."""

from __future__ import annotations

import numpy as np

from evergreen.drift.reference import Reference
from evergreen.drift.tally import HOURS, Tally, added, split, tally
from evergreen.drift.verdict import Thresholds, judge_counts, judge_window
from tests.unit.drift.samples import normal_columns, reference_of

ROWS = 4_800


def day(reference: Reference, columns: dict[str, np.ndarray], scores: np.ndarray) -> Tally:
    """Rows spread over the hours and two model versions."""
    versions = np.where(np.arange(ROWS) % 3 == 0, "1.1.0", "1.0.0").tolist()
    return tally(reference, columns, scores, versions, np.arange(ROWS) % HOURS, HOURS)


def test_a_window_added_from_hours_is_judged_as_its_rows_are() -> None:
    random = np.random.default_rng(1)
    reference = reference_of(normal_columns(random, 20_000, 3), scores=random.random(20_000))
    columns, scores = normal_columns(random, ROWS, 3, shift=0.4), random.random(ROWS)
    counted = day(reference, columns, scores)

    by_version = added(reference, [counted.between(0, 10), counted.between(10, HOURS)])
    found = judge_counts(reference, *split(reference, sum(by_version.values())), Thresholds())

    assert found == judge_window(reference, columns, scores, Thresholds())
    assert found.verdict == "breach"
    assert {version: total[0] for version, total in by_version.items()} == {"1.0.0": 3200, "1.1.0": 1600}


def test_a_day_is_the_sum_of_its_hours() -> None:
    random = np.random.default_rng(2)
    reference = reference_of(normal_columns(random, 1000, 2))
    counted = day(reference, normal_columns(random, ROWS, 2), np.zeros(ROWS))

    hours, total = added(reference, [counted]), added(reference, [counted.total()])

    assert {version: found.tolist() for version, found in hours.items()} == {
        version: found.tolist() for version, found in total.items()
    }


def test_counts_survive_their_bytes_and_only_for_the_rows_that_they_were_made_of() -> None:
    random = np.random.default_rng(3)
    reference = reference_of(normal_columns(random, 1000, 2))
    counted = day(reference, normal_columns(random, ROWS, 2), np.zeros(ROWS))

    stored = counted.to_bytes("these parts")
    again = Tally.from_bytes(stored, "these parts")

    assert again is not None
    assert again.to_bytes("these parts") == stored
    assert Tally.from_bytes(stored, "other parts") is None


def test_damaged_counts_are_counted_again() -> None:
    random = np.random.default_rng(3)
    reference = reference_of(normal_columns(random, 1000, 1))
    stored = day(reference, normal_columns(random, ROWS, 1), np.zeros(ROWS)).to_bytes("these parts")

    for bit in range(0, 8 * len(stored), 8 * len(stored) // 100):
        flipped = bytearray(stored)
        flipped[bit // 8] ^= 1 << bit % 8
        assert Tally.from_bytes(bytes(flipped), "these parts") is None
    for size in (0, 5, 20, 100, len(stored) - 1):
        assert Tally.from_bytes(stored[:size], "these parts") is None


def test_no_rows_are_no_versions_and_no_verdict() -> None:
    random = np.random.default_rng(4)
    reference = reference_of(normal_columns(random, 1000, 2))
    nothing = tally(reference, {"x0": np.empty(0), "x1": np.empty(0)}, np.empty(0), [], np.empty(0, np.int64), HOURS)

    assert added(reference, [nothing]) == {}
    assert Tally.from_bytes(nothing.to_bytes("none"), "none") == nothing
    size = 1 + sum(feature.cells.size for feature in reference.features)
    counts, _ = split(reference, np.zeros(size, np.int64))
    assert judge_counts(reference, counts, None, Thresholds()).verdict == "insufficient_data"
