"""An S3 prefix by date: complete partitions, once, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.errors import DataRefused
from evergreen.sources.partitions import Listed, new_partitions, partition_of, taken_together
from tests.unit.sources.world import World, project_of

PATTERN = "year=%Y/month=%m/day=%d"
NOON = datetime(2013, 1, 3, 12, tzinfo=UTC)
SOURCE = {"s3": "s3://lake/raw/orders/", "partition": PATTERN}


def day(number: int, name: str = "a.csv", size: int = 10) -> Listed:
    return Listed(f"year=2013/month=01/day={number:02d}/{name}", size)


def new(listed: list[Listed], *, after: str | None = None, lag: int = 0, as_of: datetime = NOON) -> list[str]:
    found = new_partitions(listed, PATTERN, after=after, as_of=as_of, lag=timedelta(minutes=lag))
    return [partition.name[-2:] for partition in found]


def test_a_partition_is_complete_when_its_period_is_over() -> None:
    assert new([day(3), day(2), day(1)]) == ["01", "02"]
    assert new([day(3)], as_of=datetime(2013, 1, 4, tzinfo=UTC)) == ["03"]
    assert new([day(3)], as_of=datetime(2013, 1, 4, tzinfo=UTC), lag=1) == []


def test_only_later_ones_than_the_watermark_are_new() -> None:
    assert new([day(1), day(2)], after="year=2013/month=01/day=01") == ["02"]


def test_what_lies_outside_is_left_out() -> None:
    others = [Listed("README.md", 1), day(1, "_SUCCESS"), day(2, "a.csv", 0), Listed("year=2013/month=13/day=01/a", 1)]

    assert new(others) == []


def test_files_of_a_job_that_is_not_done_make_no_partition() -> None:
    listed = [day(1, "_temporary/0/a.csv"), day(1, ".staging/a.csv"), day(2)]

    assert new(listed) == ["02"]


@pytest.mark.parametrize(
    ("pattern", "key"), [("%Y/%m/%d", "9999/12/31/a.csv"), ("%Y/%m", "9999/12/a.csv"), ("%Y", "9999/a.csv")]
)
def test_a_period_without_end_is_left_out(pattern: str, key: str) -> None:
    assert partition_of(key, pattern) is None


def test_a_period_that_ends_with_all_time_is_not_over_yet() -> None:
    assert new([Listed("year=9999/month=12/day=30/a.csv", 1)], lag=10_000) == []


@pytest.mark.parametrize(
    ("pattern", "key", "ends"),
    [
        ("%Y", "2013/a.csv", datetime(2014, 1, 1, tzinfo=UTC)),
        ("%Y-%m", "2013-12/a.csv", datetime(2014, 1, 1, tzinfo=UTC)),
        ("dt=%Y%m%d/h=%H", "dt=20131231/h=23/a.csv", datetime(2014, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_period_ends_where_the_next_begins(pattern: str, key: str, ends: datetime) -> None:
    assert partition_of(key, pattern) == (key.rpartition("/")[0], ends)


def test_a_batch_holds_as_many_as_fit_and_one_at_least() -> None:
    found = new_partitions([day(1), day(2)], PATTERN, after=None, as_of=NOON, lag=timedelta())

    assert [len(taken_together(found, most=most)) for most in (5, 15, 20)] == [1, 1, 2]


@pytest.fixture
def lake() -> Iterator[None]:
    with mock_aws():
        client("s3").create_bucket(Bucket="lake")
        yield


def put(number: int, name: str = "a.csv", *, days: int | None = None) -> None:
    text = f"id,at,amount,sold\n{number},2013-01-{number:02d}T08:00:00Z,1,true\n"
    key = f"raw/orders/year=2013/month=01/day={days or number:02d}/{name}"
    client("s3").put_object(Bucket="lake", Key=key, Body=text.encode())


def test_partitions_are_fetched_together_and_then_those_that_follow(lake: None, tmp_path: Path) -> None:
    world = World.of(project_of(SOURCE), tmp_path)
    for number in (1, 2):
        put(number)
    put(3, "b.csv", days=2)
    fetched = world.fetch("2013-01-03T00:05:00Z")
    assert world.commit(fetched.batch).new_rows == 3
    put(4)

    assert world.fetch("2013-01-04T23:00:00Z").outcome == "nothing_new"
    assert world.take("2013-01-05T00:05:00Z").new_rows == 1
    assert fetched.watermark_to == "year=2013/month=01/day=02"
    assert world.ids() == [1, 2, 3, 4]


def test_a_partition_equal_to_an_earlier_one_has_rows_of_its_own(lake: None, tmp_path: Path) -> None:
    world = World.of(project_of(SOURCE), tmp_path)
    put(1)
    world.take("2013-01-02T00:05:00Z")
    put(1, days=2)

    assert world.take("2013-01-03T00:05:00Z").outcome == "committed"
    assert world.fetch("2013-01-03T00:05:00Z").outcome == "nothing_new"
    assert world.ids() == [1, 1]


def test_of_two_objects_with_one_name_on_a_disk_none_is_lost(lake: None, tmp_path: Path) -> None:
    put(1)
    put(1, "/a.csv")

    with pytest.raises(DataRefused, match=r"a\.csv': on a disk another file of the batch has the same name"):
        World.of(project_of(SOURCE), tmp_path).fetch()


def test_a_partition_without_a_table_is_refused(lake: None, tmp_path: Path) -> None:
    world = World.of(project_of(SOURCE), tmp_path)
    put(1, "a.json")

    result = world.commit(world.fetch().batch)

    assert result.outcome == "quarantined"
    assert "holds no table, and a source gives rows" in str(result.reason)
    assert world.versions.head("orders") is None


def test_replacing_takes_the_newest_partition_only(lake: None, tmp_path: Path) -> None:
    world = World.of(project_of(SOURCE, mode="replace"), tmp_path)
    for number in (1, 2):
        put(number)
    world.take("2013-01-04")

    assert world.ids() == [2]


def test_a_large_backlog_comes_in_several_batches(lake: None, tmp_path: Path) -> None:
    world = World.of(project_of(SOURCE), tmp_path)
    world.most = 60
    for number in (1, 2, 3):
        put(number)

    fetched = [world.fetch("2013-01-05"), world.fetch("2013-01-05")]
    assert fetched[0].batch == fetched[1].batch
    assert fetched[0].more
    while (found := world.fetch("2013-01-05")).outcome == "landed":
        world.commit(found.batch)
    assert world.ids() == [1, 2, 3]
