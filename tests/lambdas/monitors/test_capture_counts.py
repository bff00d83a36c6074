"""Windows from kept counts: what they say is what the rows say, and days are counted once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from evergreen.aws.capture import collect
from evergreen.aws.capture_counts import COUNTS, CaptureCounts, WindowCounts
from evergreen.aws.capture_rows import CaptureSchema
from evergreen.drift.reference import Reference
from tests.lambdas.monitors.world import CONTRACT, START, World, flights

SCHEMA = CaptureSchema.from_contracts([CONTRACT])
DAY = timedelta(days=1)
Between = Callable[[datetime, datetime], WindowCounts]


@pytest.fixture
def between(world: World) -> Between:
    """Counts of the champion's window, after collecting what was captured."""
    world.promote()
    stored = world.artifacts.get("models/1.0.0/reference.json")
    counts = CaptureCounts(world.data, SCHEMA, Reference.from_json(json.loads(stored)), stored)

    def measure(start: datetime, end: datetime) -> WindowCounts:
        collect(world.data, SCHEMA)
        return counts.between(start, end)

    return measure


def at(rows: int, *times: str) -> list[dict[str, object]]:
    """Rows whose event times are these, in turn."""
    return [row | {"scheduled": times[place % len(times)]} for place, row in enumerate(flights(rows))]


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        (START, START + 7 * DAY, 60),
        (START + timedelta(hours=10), START + 2 * DAY, 50),
        (START + timedelta(hours=10, minutes=31), START + 2 * DAY, 40),
        (START + timedelta(hours=9), START + timedelta(hours=10, minutes=31), 10),
        (START + 3 * DAY, START + 7 * DAY, 10),
    ],
    ids=["whole days", "from an hour on", "from a minute on", "within an hour", "later days"],
)
def test_a_window_holds_the_rows_between_its_ends(
    world: World, between: Between, start: datetime, end: datetime, rows: int
) -> None:
    world.capture(
        at(60, "2013-04-01T10:30:00Z", "2013-04-01T12:00:00Z", "2013-04-02T00:00:00Z", "2013-04-02T23:59:59Z",
           "2013-04-01T23:00:00Z", "2013-04-05T08:00:00Z"),
        [0.3] * 60, "r1",
    )  # fmt: skip

    first, again = between(start, end), between(start, end)

    assert first.rows == again.rows == {"1.0.0": rows}
    assert first.counts["1.0.0"].tolist() == again.counts["1.0.0"].tolist()


def test_a_day_is_counted_once_and_again_when_it_gained_rows(world: World, between: Between) -> None:
    world.capture(at(10, "2013-04-01T10:30:00Z"), [0.3] * 10, "r1")
    between(START, START + 7 * DAY)
    kept = {key: world.data.get(key) for key in world.data.list(COUNTS)}

    between(START, START + 7 * DAY)
    unchanged = {key: world.data.get(key) for key in world.data.list(COUNTS)}
    world.capture(at(5, "2013-04-01T11:30:00Z"), [0.3] * 5, "r2", version="1.1.0")
    found = between(START, START + 7 * DAY)

    assert sorted(key.rpartition("/")[2] for key in kept) == ["2013-04-01.hours", "2013-04-01.total"]
    assert unchanged == kept
    assert found.rows == {"1.0.0": 10, "1.1.0": 5}
    assert found.answered_by(["1.1.0"])[0] == 5
    assert found.answered_by(["none"])[0] == 0


def test_kept_days_need_no_rows(world: World, between: Between) -> None:
    world.capture(at(10, "2013-04-01T10:30:00Z"), [0.3] * 10, "r1")
    before = between(START, START + 7 * DAY)
    for key in list(world.data.list("captured/day=")):
        world.data.put(key, b"no Parquet any more")

    assert between(START, START + 7 * DAY).rows == before.rows
