"""What S3's console and other programs leave in the landing zone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.objects import Objects
from evergreen.errors import DataRefused
from evergreen.sources.batch import Marker
from evergreen.sources.landing import land
from tests.unit.sources.world import World, project_of, sqlite_source

ROWS = b"id,at,amount,sold\n1,2013-01-01,1.5,true\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with mock_aws():
        client("s3").create_bucket(Bucket="shop-data")
        yield World(project_of(sqlite_source(tmp_path / "orders.db")), tmp_path, Objects("shop-data"))


def drop(world: World, batch: str, *names: str) -> None:
    for name in (*names, "_SUCCESS"):
        world.store.put(f"landing/orders/{batch}/{name}", ROWS if name.endswith(".csv") else b"")


def test_folders_that_the_console_made_are_no_files(world: World) -> None:
    drop(world, "april", "", "north/", "north/orders.csv", "orders.csv")

    assert world.commit("april").new_rows == 2


def test_a_folder_whose_name_names_no_batch_is_refused_with_a_report(world: World) -> None:
    drop(world, "April (1)", "orders.csv")

    assert world.commit("April (1)").outcome == "quarantined"

    (refusal,) = world.quarantine.open()
    assert refusal.reason == "'April (1)' cannot name a batch; write letters, digits, dots and dashes"


@pytest.mark.parametrize("name", ["_orders.csv", ".orders.csv"])
def test_a_file_that_nobody_would_read_is_not_landed(world: World, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ROWS)

    with pytest.raises(DataRefused, match=rf"{name}: a name that begins with \. or _ is no data; rename the file"):
        land(world.store, "orders", tmp_path / name, "april", Marker(), anew=True)
