"""The landing zone: each closed batch becomes one version, whatever dies, comes twice, or is not what it says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evergreen.data.directory import Directory
from evergreen.data.pull import pull
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.errors import DataRefused, NotFound
from evergreen.project.schema import Rules
from evergreen.sources.batch import Marker, local_path
from evergreen.sources.landing import land
from tests.unit.data.stores import Killed, Mortal
from tests.unit.sources.world import Database, World, project_of, sqlite_source

HEADER = "id,at,amount,sold\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.of(project_of(sqlite_source(tmp_path / "orders.db")), tmp_path)


def drop(world: World, batch: str, text: str, *, name: str = "orders.csv", marker: bytes | None = b"") -> None:
    """What `aws s3 cp` would do."""
    folder = world.folder / "store/landing/orders" / batch
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(HEADER + text)
    if marker is not None:
        (folder / "_SUCCESS").write_bytes(marker)


def line(number: int) -> str:
    return f"{number},2013-01-{number:02d}T08:00:00Z,1.5,true\n"


def test_files_dropped_by_hand_and_closed_become_a_version(world: World) -> None:
    drop(world, "2013-01", line(1) + line(2))

    result = world.commit("2013-01")

    assert (result.outcome, result.version, result.new_rows) == ("committed", "1.0.0", 2)
    head = world.versions.head("orders")
    assert head is not None
    assert (head.source.name, head.message) == ("2013-01", "land 2013-01")


def test_nothing_reads_a_batch_before_it_is_closed(world: World) -> None:
    drop(world, "2013-01", line(1), marker=None)

    with pytest.raises(NotFound, match="has no _SUCCESS"):
        world.commit("2013-01")
    assert world.versions.head("orders") is None


def test_the_same_batch_again_changes_nothing_even_after_others(tmp_path: Path) -> None:
    source = {"sql": {"url": "sqlite:///x.db", "query": "select 1"}}
    world = World.of(project_of(source, mode="replace"), tmp_path)
    drop(world, "one", line(1))
    drop(world, "two", line(2))
    world.commit("one")
    world.commit("two")

    assert world.commit("one").outcome == "unchanged"
    assert world.ids() == [2]


def test_a_batch_that_breaks_a_rule_goes_to_the_quarantine_with_its_report(world: World) -> None:
    rules = {"checks": [{"column_values_to_be_between": {"column": "amount", "max": 10}}]}
    data = world.project.data.model_copy(update={"rules": Rules.model_validate(rules)})
    strict = replace(world, project=world.project.model_copy(update={"data": data}))
    drop(strict, "good", line(1))
    drop(strict, "bad", line(2) + "3,2013-01-03T08:00:00Z,99.5,true\n")

    assert strict.commit("good").outcome == "committed"
    assert strict.commit("bad").outcome == "quarantined"

    refusal = strict.refused[0]
    assert refusal.report is not None
    assert "amount" in refusal.reason
    assert [each["rule"] for each in refusal.report["results"] if each["verdict"] == "fail"] == [
        "expect_column_values_to_be_between"
    ]
    assert strict.ids() == [1]


def test_a_folder_that_is_used_again_with_other_files_is_another_batch(world: World) -> None:
    drop(world, "daily", line(1))
    world.commit("daily")
    drop(world, "daily", line(2))

    assert world.commit("daily").outcome == "committed"
    assert world.ids() == [1, 2]


def test_the_same_files_under_another_name_are_another_batch(world: World) -> None:
    for batch in ("one", "two"):
        drop(world, batch, line(1))

    assert [world.commit(batch).outcome for batch in ("one", "two", "one", "two")] == [
        *["committed"] * 2,
        *["unchanged"] * 2,
    ]
    assert world.ids() == [1, 1]


def test_files_that_have_grown_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evergreen.data.preparing.kept_part_rows", lambda _before, **_sizes: 64)
    rows = "".join(f"{number},2013-01-01,{number}.5,true\n" for number in range(2_000))
    drop(world, "january", rows)
    drop(world, "february", rows + line(28))
    world.commit("january")

    assert "of its 2,001 rows are in orders 1.0.0 already" in str(world.commit("february").reason)


def test_refused_data_leaves_the_dataset_and_says_why_once(world: World) -> None:
    drop(world, "good", line(1))
    world.commit("good")
    drop(world, "bad", "2,yesterday,1.5,true\n")

    results = [world.commit("bad"), world.commit("bad")]

    assert {result.outcome for result in results} == {"quarantined"}
    (refusal,) = world.refused
    assert "column at, row 1: aaaaaaaaa is not an ISO 8601 time" in refusal.reason
    assert [each.batch for each in world.quarantine.open()] == ["bad"]
    assert world.ids() == [1]


def test_a_refused_batch_is_committed_once_it_is_mended(world: World) -> None:
    drop(world, "bad", "2,yesterday,1.5,true\n")
    world.commit("bad")
    drop(world, "bad", line(2))

    assert world.commit("bad").outcome == "committed"
    assert list(world.quarantine.open()) == []
    assert world.ids() == [2]


@pytest.fixture
def refused_fetch(tmp_path: Path) -> tuple[Database, World, str]:
    """A source's rows, one of which no commit takes, and the batch that was refused for it."""
    database = Database(tmp_path / "orders.db")
    world = World.of(project_of(sqlite_source(database.path)), tmp_path)
    database.add((1, "2013-01-01 08:00:00"))
    database._execute("update orders set sold = 7")
    batch = str(world.fetch().batch)
    assert world.commit(batch).outcome == "quarantined"
    return database, world, batch


def test_a_refused_fetch_holds_the_source_back_until_somebody_looks(
    refused_fetch: tuple[Database, World, str],
) -> None:
    database, world, refused = refused_fetch

    held = world.fetch()
    database._execute("update orders set sold = 1")
    mended = world.fetch(again=True)

    assert (held.outcome, held.batch) == ("held", refused)
    assert f"evergreen data retry {refused}" in str(held.reason)
    assert world.commit(mended.batch).outcome == "committed"
    assert world.commit(refused).outcome == "superseded"
    assert list(world.quarantine.open()) == []
    assert world.fetch().outcome == "nothing_new"


def test_a_refused_fetch_waits_no_more_when_another_took_its_place(refused_fetch: tuple[Database, World, str]) -> None:
    database, world, refused = refused_fetch
    database._execute("update orders set sold = 1")
    drop(world, "bad", "2,yesterday,1.5,true\n")
    world.commit("bad")
    assert {each.batch for each in world.quarantine.open()} == {refused, "bad"}

    world.commit(world.fetch(again=True).batch)

    assert [each.batch for each in world.quarantine.open()] == ["bad"]


def test_a_refused_fetch_waits_no_more_when_its_rows_are_gone_from_the_source(
    refused_fetch: tuple[Database, World, str],
) -> None:
    database, world, _ = refused_fetch
    database._execute("delete from orders")

    assert [world.fetch().outcome, world.fetch(again=True).outcome] == ["held", "nothing_new"]

    database.add((2, "2013-01-01 09:00:00"))
    assert world.take().outcome == "committed"
    assert world.ids() == [2]


def test_files_that_are_left_out_are_told(world: World) -> None:
    drop(world, "mixed", line(1))
    drop(world, "mixed", line(2), name="more.json")

    result = world.commit("mixed")

    assert (result.new_rows, len(result.warnings)) == (1, 1)
    assert result.warnings[0].startswith("left out: more.json")


def test_a_file_that_is_not_what_its_marker_lists_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + line(1))
    land(world.store, "orders", tmp_path / "a.csv", "a", Marker(), anew=True)
    drop(world, "a", line(9), name="a.csv", marker=None)

    assert "is not the file that its marker lists" in str(world.commit("a").reason)
    (tmp_path / "store/landing/orders/a/a.csv").unlink()
    assert "it is not there" in str(world.commit("a").reason)


def test_landing_goes_on_where_it_died_and_sends_nothing_twice(world: World, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.csv").write_text(HEADER + line(ord(name) - 96))
    dying = Mortal(world.store, dies_at=3)
    with pytest.raises(Killed):
        land(dying, "orders", tmp_path / "in", "x", Marker(), anew=False)
    with pytest.raises(NotFound):
        world.commit("x")

    sent = land(world.store, "orders", tmp_path / "in", "x", Marker(), anew=False)

    assert 0 < sent < sum(path.stat().st_size for path in (tmp_path / "in").iterdir())
    assert world.commit("x").new_rows == 2


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\..\\x", ""])
def test_no_name_of_a_file_leads_out_of_its_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="cannot name a file"):
        local_path(tmp_path, name)


def test_another_programs_marker_closes_what_lies_beside_it(world: World) -> None:
    drop(world, "spark", line(1), marker=b"done at 5 o'clock")
    drop(world, "json", line(2), marker=b'{"jobId": 7}')

    assert [world.commit(batch).outcome for batch in ("spark", "json")] == ["committed"] * 2


def test_a_broken_marker_of_ours_is_refused(world: World) -> None:
    drop(world, "x", line(1), marker=b'{"format": 2, "rows": 1}')

    assert "the marker is not what Evergreen writes" in str(world.commit("x").reason)


def test_a_death_at_any_call_of_a_fetch_or_its_commit_loses_and_doubles_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "orders.db")
    project = project_of(sqlite_source(database.path))
    before = World.of(project, tmp_path)
    database.add((1, "2013-01-01 08:00:00"), (2, "2013-01-02 08:00:00"))
    before.take()
    database.add((3, "2013-01-02 08:00:00"), (4, "2013-01-03 08:00:00"))
    rehearsal = World(project, copied(tmp_path, "rehearsal"), Mortal(Directory(tmp_path / "rehearsal/store")))
    rehearsal.take()
    assert len(rehearsal.store.calls) > 20

    for call in range(len(rehearsal.store.calls)):
        for after in (False, True):
            folder = copied(tmp_path, f"{call}-{after}")
            store = Directory(folder / "store")
            with pytest.raises(Killed):
                World(project, folder, Mortal(store, dies_at=call, after=after)).take()
            assert_whole(World(project, folder, store), database)
            shutil.rmtree(folder)


def copied(folder: Path, name: str) -> Path:
    shutil.copytree(folder / "store", folder / name / "store")
    return folder / name


def assert_whole(world: World, database: Database) -> None:
    """What landed is committed by whoever hears of it again, or fetched anew; both at once, too."""
    landed = world.folder / "store/landing/orders"
    for marker in sorted(landed.glob("*/_SUCCESS")):
        assert world.commit(marker.parent.name).outcome in ("committed", "unchanged", "superseded")
    fetched: Any = world.fetch()
    if fetched.outcome == "landed":
        assert world.commit(fetched.batch).outcome == "committed"
    assert world.fetch().outcome == "nothing_new"
    assert world.ids() == [1, 2, 3, 4]
    assert [each.manifest.version for each in Versions(world.store).log("orders")] == ["1.0.1", "1.0.0"]
    assert verify(world.store).damages == ()


def test_a_pulled_copy_goes_on_from_the_same_watermark(tmp_path: Path) -> None:
    database = Database(tmp_path / "orders.db")
    world = World.of(project_of(sqlite_source(database.path)), tmp_path)
    database.add((1, "2013-01-01 08:00:00"))
    world.take()
    copy = World(world.project, tmp_path / "copy", Directory(tmp_path / "copy/store"))
    pull(world.versions, copy.versions, "orders")
    database.add((2, "2013-01-01 08:00:00"))

    assert copy.take().new_rows == 1
    assert copy.ids() == [1, 2]


def test_a_commit_by_hand_between_two_fetches_keeps_the_watermark(tmp_path: Path) -> None:
    database = Database(tmp_path / "orders.db")
    world = World.of(project_of(sqlite_source(database.path)), tmp_path)
    database.add((1, "2013-01-01 08:00:00"))
    world.take()
    drop(world, "hand", line(9))
    world.commit("hand")
    database.add((2, "2013-01-02 08:00:00"))

    assert world.take().new_rows == 1
    assert world.ids() == [1, 2, 9]
