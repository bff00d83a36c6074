"""Capture: every prediction once, by event day, whatever SageMaker writes."""

from __future__ import annotations

from datetime import datetime, timedelta

from evergreen.aws.capture import INDEX, collect, read_window
from evergreen.aws.capture_rows import CaptureSchema
from tests.lambdas.monitors.world import ANSWERED, CONTRACT, START, World, flights

SCHEMA = CaptureSchema.from_contracts([CONTRACT])
WEEK = timedelta(days=7)


def window_ids(world: World, start: datetime = START, end: datetime = START + WEEK) -> list[str]:
    """The prediction ids of a window."""
    return sorted(read_window(world.data, SCHEMA, start, end)["prediction_id"].to_pylist())


def test_rows_are_typed_and_named_by_request_and_position(world: World) -> None:
    world.capture([{"distance": 5, "carrier": None, "scheduled": "2013-04-02T10:00:00Z"}], [0.9], "r1")

    collected = collect(world.data, SCHEMA)
    row = read_window(world.data, SCHEMA, START, START + WEEK).to_pylist()[0]

    assert (collected.sources, collected.rows, collected.unreadable) == (1, 1, 0)
    assert row["prediction_id"] == "r1:0"
    assert row["prediction"] == "true"
    assert row["feature.distance"] == 5.0
    assert row["feature.carrier"] is None
    assert row["event_time"].isoformat() == "2013-04-02T10:00:00+00:00"
    assert row["captured_at"] == ANSWERED


def test_base64_captures_are_read_alike(world: World) -> None:
    world.capture(flights(3), [0.1, 0.2, 0.3], "r1", encoded=True)

    assert collect(world.data, SCHEMA).rows == 3


def test_collecting_again_reads_only_what_is_new(world: World) -> None:
    world.capture(flights(3), [0.1] * 3, "r1")
    collect(world.data, SCHEMA)
    world.capture(flights(3), [0.1] * 3, "r2")

    second, third = collect(world.data, SCHEMA), collect(world.data, SCHEMA)

    assert (second.sources, third.sources) == (1, 0)
    assert len(window_ids(world)) == 6


def test_a_late_object_of_an_earlier_hour_is_still_found(world: World) -> None:
    world.capture(flights(1), [0.1], "r1")
    collect(world.data, SCHEMA)
    world.capture(flights(1), [0.1], "r2", at=ANSWERED - timedelta(hours=20))

    assert collect(world.data, SCHEMA).sources == 1


def test_a_lost_index_changes_no_result(world: World) -> None:
    world.capture(flights(20), [0.1] * 20, "r1")
    collect(world.data, SCHEMA)
    world.capture(flights(5), [0.1] * 5, "r2")
    collect(world.data, SCHEMA)
    before = window_ids(world)
    world.data.delete([INDEX])

    collect(world.data, SCHEMA)

    assert window_ids(world) == before
    assert len(before) == 25


def test_collecting_twice_writes_equal_bytes(world: World) -> None:
    world.capture(flights(5), [0.1] * 5, "r1")
    collect(world.data, SCHEMA)
    first = {key: world.data.get(key) for key in world.data.list("captured/day=")}
    world.data.delete([INDEX])

    collect(world.data, SCHEMA)

    assert {key: world.data.get(key) for key in world.data.list("captured/day=")} == first


def test_a_window_holds_its_start_and_not_its_end(world: World) -> None:
    rows = [{"scheduled": text} for text in ("2013-04-01T00:00:00Z", "2013-04-07T23:59:59Z", "2013-04-08T00:00:00Z")]
    world.capture(rows, [0.1] * 3, "r1")
    collect(world.data, SCHEMA)

    assert window_ids(world) == ["r1:0", "r1:1"]


def test_several_endpoints_are_collected(world: World) -> None:
    world.capture(flights(2), [0.1] * 2, "r1", version="1.0.0")
    world.capture(flights(2), [0.1] * 2, "r2", version="1.1.0")

    assert collect(world.data, SCHEMA).sources == 2
    assert set(read_window(world.data, SCHEMA, START, START + WEEK)["model_version"].to_pylist()) == {"1.0.0", "1.1.0"}


def test_lines_that_are_no_predictions_are_counted_and_skipped(world: World) -> None:
    world.capture(flights(2), [0.1], "r1")  # one prediction for two rows
    world.data.put("capture/e/AllTraffic/2026/03/01/12/torn.jsonl", b'{"captureData": {"endp\n\nnull\n[1]\n"x"\n')

    collected = collect(world.data, SCHEMA)

    assert (collected.rows, collected.unreadable) == (0, 5)


def test_a_row_without_a_usable_time_counts_when_it_was_answered(world: World) -> None:
    world.capture([{"scheduled": "soon"}, {}, {"scheduled": "2013-04-01T00:00:00+02:00"}], [0.1] * 3, "r1")
    collect(world.data, SCHEMA)

    assert window_ids(world, ANSWERED, ANSWERED + timedelta(hours=1)) == ["r1:0", "r1:1"]
    assert window_ids(world, START - timedelta(hours=2), START) == ["r1:2"]


def test_parts_of_an_older_contract_are_read_with_missing_values(world: World) -> None:
    older = CaptureSchema("scheduled", (("carrier", "number"),))
    world.capture([{"carrier": 7, "scheduled": "2013-04-01T00:00:00Z"}], [0.1], "r1")
    collect(world.data, older)

    row = read_window(world.data, SCHEMA, START, START + WEEK).to_pylist()[0]

    assert (row["feature.carrier"], row["feature.distance"]) == (None, None)


def test_a_month_is_collected_and_read_whole(world: World) -> None:
    rows = flights(28_000, days=30)
    for request in range(140):
        world.capture(rows[request * 200 : request * 200 + 200], [0.3] * 200, f"r{request}")

    collected = collect(world.data, SCHEMA)
    window = read_window(world.data, SCHEMA, START, START + timedelta(days=30))

    assert (collected.rows, window.num_rows) == (28_000, 28_000)
