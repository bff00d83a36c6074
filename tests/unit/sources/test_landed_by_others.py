"""What S3's console and other programs leave in the landing zone, and what lands there together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.objects import Objects
from evergreen.errors import DataRefused
from evergreen.project.schema import Rules
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


def drop_rows(world: World, batch: str, row: str) -> None:
    world.store.put_new(f"landing/orders/{batch}/orders.csv", f"id,at,amount,sold\n{row}\n".encode())
    world.store.put_new(f"landing/orders/{batch}/_SUCCESS", b"")


def test_folders_that_the_console_made_are_no_files(world: World) -> None:
    drop(world, "april", "", "north/", "north/orders.csv", "orders.csv")

    assert world.commit("april").new_rows == 2


def test_a_folder_whose_name_names_no_batch_is_refused_with_a_report(world: World) -> None:
    drop(world, "April (1)", "orders.csv")

    assert world.commit("April (1)").outcome == "quarantined"

    (refusal,) = world.quarantine.open()
    assert refusal.reason == "'April (1)' cannot name a batch; write letters, digits, dots and dashes"


def test_names_that_are_no_data_are_told(world: World) -> None:
    drop(world, "april", "orders.csv", "_more.csv", "_temporary/0/part.csv", ".hidden.csv", "_metadata")

    result = world.commit("april")

    assert result.new_rows == 1
    assert result.warnings == (
        "left out: _more.csv, _temporary (a name that begins with _ is no data, rename what is)",
    )


@pytest.mark.parametrize("name", ["_orders.csv", ".orders.csv"])
def test_a_file_that_nobody_would_read_is_not_landed(world: World, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ROWS)

    with pytest.raises(DataRefused, match=rf"{name}: a name that begins with \. or _ is no data; rename the file"):
        land(world.store, "orders", tmp_path / name, "april", Marker(), anew=True)


def test_batches_that_land_together_are_judged_again_beside_each_other(tmp_path: Path) -> None:
    project = project_of(sqlite_source(tmp_path / "orders.db"))
    data = project.data.model_copy(update={"rules": Rules(unique=["id"])})
    world = World.of(project.model_copy(update={"data": data}), tmp_path)
    for number in range(6):
        drop_rows(world, f"b{number}", f"{number},2013-01-01,1.5,true")
    drop_rows(world, "again", "3,2013-01-02,1.5,true")

    with ThreadPoolExecutor(7) as pool:
        outcomes = [result.outcome for result in pool.map(world.commit, [*(f"b{n}" for n in range(6)), "again"])]

    assert sorted(outcomes) == [*["committed"] * 6, "quarantined"]
    assert world.ids() == list(range(6))
