"""Joins against naive ones, row by row; bad inputs are refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.data.commits import CommitResult, Incoming
from evergreen.data.directory import Directory
from evergreen.data.manifest import Manifest
from evergreen.data.right_side import RightSide
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.project.joins import Join
from evergreen.project.reader import parse_project
from tests.unit.data.stores import commit_file, write

START = datetime(2013, 1, 1, tzinfo=UTC)
TIMESTAMP = pa.timestamp("us", tz="UTC")
Key = tuple[Any, ...]

PROJECT = """\
project: flights
target: {{name: late, from: delay > 15}}
data:
  dataset: flights
  time: at
  join:
    - {join}
"""
ON_HOUR = "{dataset: weather, on: [origin, hour], columns: [temp]}"
AS_OF = "{dataset: weather, on: [origin], columns: [temp], as_of: seen}"

texts = st.one_of(st.none(), st.sampled_from(["JFK", "EWR", "", "LGA"]))
whole = st.one_of(st.none(), st.integers(-2, 2), st.just(2**62))
fractions = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, 2.0, 0.5, float("nan"), float("inf")]))
moments = st.one_of(st.none(), st.integers(0, 6))


def hours(values: list[int | None]) -> pa.Array:
    return pa.array([None if hour is None else START + timedelta(hours=hour) for hour in values], TIMESTAMP)


def known(key: Key) -> bool:
    return all(part is not None and part not in (float("inf"),) and part == part for part in key)


def side(columns: list[pa.Array], seen: pa.Array | None, **join: Any) -> RightSide:
    names = [f"k{at}" for at in range(len(columns))]
    table = pa.table([*columns, pa.array(range(len(columns[0])))], names=[*names, "value"])
    if seen is not None:
        table = table.append_column("seen", seen)
        join["as_of"] = "seen"
    return RightSide.of(table, Join(dataset="w", on=names, columns=["value"], **join), Wanted(), name="w 1.0.0")


def test_a_repeated_key_that_is_a_text_is_shown_as_its_shape() -> None:
    join = Join(dataset="w", on=["k"], columns=["value"])
    table = pa.table({"k": ["Anna-1", "Anna-1"], "value": [1, 2]})

    with pytest.raises(DataRefused, match=r"^w 1\.0\.0 has 2 rows with k = Aaaa-9; a join needs one row"):
        RightSide.of(table, join, Wanted(), name="w 1.0.0")


@given(
    right=st.lists(st.tuples(texts, whole), unique=True, max_size=12),
    left=st.lists(st.tuples(texts, fractions), max_size=20),
)
def test_joins_as_a_loop_over_the_keys_does(right: list[Key], left: list[Key]) -> None:
    rows = {key: at for at, key in enumerate(right) if known(key)}
    naive = [rows.get(key) if known(key) else None for key in left]

    found = side([pa.array([k for k, _ in right], pa.string()), pa.array([k for _, k in right], pa.int64())], None)
    asked = [pa.array([k for k, _ in left], pa.string()), pa.array([k for _, k in left], pa.float64())]

    assert found.rows_for(asked, None).to_pylist() == naive


@given(
    right=st.lists(st.tuples(texts, moments), unique=True, max_size=15),
    left=st.lists(st.tuples(texts, moments), max_size=20),
    within=st.one_of(st.none(), st.integers(0, 4)),
)
def test_takes_the_newest_row_that_was_there_and_never_a_future_one(
    right: list[Key], left: list[Key], within: int | None
) -> None:
    def naive(key: str | None, at: int | None) -> int | None:
        past = [
            (seen, row)
            for row, (name, seen) in enumerate(right)
            if name == key and None not in (key, seen, at) and seen <= at and (within is None or at - seen <= within)
        ]
        return max(past)[1] if past else None

    limit = {} if within is None else {"within": timedelta(hours=within)}
    found = side([pa.array([k for k, _ in right], pa.string())], hours([at for _, at in right]), **limit)
    rows = found.rows_for([pa.array([k for k, _ in left], pa.string())], hours([at for _, at in left]))

    assert rows.to_pylist() == [naive(key, at) for key, at in left]


@given(st.lists(st.tuples(texts, whole, fractions), max_size=25), st.lists(st.tuples(texts, whole, fractions)))
def test_keys_of_three_columns_meet_or_are_refused_as_repeated(right: list[Key], left: list[Key]) -> None:
    kinds = (pa.string(), pa.int64(), pa.float64())
    keys = [key for key in right if known(key)]
    columns = [pa.array([key[at] for key in right], kind) for at, kind in enumerate(kinds)]
    if len(set(keys)) < len(keys):
        with pytest.raises(DataRefused, match=r"w 1.0.0 has \d+ rows with k0 = .*, k1 = .*, k2 = "):
            side(columns, None)
        return

    asked = [pa.array([key[at] for key in left], kind) for at, kind in enumerate(kinds)]
    found = side(columns, None).rows_for(asked, None).to_pylist()

    rows = {key: at for at, key in enumerate(right) if known(key)}
    assert found == [rows.get(key) if known(key) else None for key in left]


def weather(rows: int = 48, **columns: Any) -> pa.Table:
    made = {
        "origin": ["JFK" if at % 2 else "EWR" for at in range(rows)],
        "hour": pa.array([START + timedelta(hours=at // 2) for at in range(rows)], TIMESTAMP),
        "seen": pa.array([START + timedelta(hours=at // 2) for at in range(rows)], TIMESTAMP),
        "temp": [float(at) for at in range(rows)],
    }
    return pa.table(made | columns)


def flights(rows: int = 200, **columns: Any) -> pa.Table:
    made = {
        "origin": [("JFK", "EWR", "LGA", None)[at % 4] for at in range(rows)],
        "hour": pa.array([START + timedelta(hours=at % 24) for at in range(rows)], TIMESTAMP),
        "at": pa.array([START + timedelta(hours=at % 24, minutes=59) for at in range(rows)], TIMESTAMP),
        "delay": [float(at % 30) for at in range(rows)],
    }
    return pa.table(made | columns)


class Shop:
    """A directory store with weather in it, and a project that joins it."""

    def __init__(self, folder: Path, join: str = ON_HOUR) -> None:
        self.folder = folder
        self.versions = Versions(Directory(folder / "store"))
        self.wanted = Wanted.of(parse_project(PROJECT.format(join=join)))

    def weather(self, table: pa.Table) -> CommitResult:
        return commit_file(self.versions, write(self.folder / "weather.parquet", table), dataset="weather")

    def commit(self, table: pa.Table, mode: Any = "replace") -> CommitResult:
        path = write(self.folder / "flights.parquet", table)
        content = self.versions.prepare("flights", path, self.wanted, mode=mode, cache=StatCache())
        return self.versions.publish("flights", Incoming(content, mode, "m", "2013-02-01T00:00:00Z"))

    @property
    def head(self) -> Manifest:
        head = self.versions.head("flights")
        assert head is not None
        return head


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_version_holds_the_joined_columns_and_names_what_it_was_joined_with(shop: Shop) -> None:
    joined = shop.weather(weather())
    shop.commit(flights())

    table = shop.versions.read(shop.head)
    expected = [float(2 * (at % 24) + (at % 4 == 0)) if at % 4 < 2 else None for at in range(200)]
    assert table["temp"].to_pylist() == expected
    assert table.drop_columns(["temp"]).to_pylist() == flights().to_pylist()
    (said,) = shop.head.source.joined
    assert (said.dataset, said.version, said.manifest) == ("weather", "1.0.0", joined.manifest_id)


def test_the_same_file_is_joined_anew_when_the_other_dataset_has_a_new_version(shop: Shop) -> None:
    shop.weather(weather())
    first = shop.commit(flights())
    again = shop.commit(flights())
    shop.weather(weather(temp=[-1.0] * 48))
    third = shop.commit(flights())

    assert (again.unchanged, again.manifest_id) == (True, first.manifest_id)
    assert third.version == "1.0.1"
    assert set(shop.versions.read(shop.head)["temp"].to_pylist()) == {-1.0, None}


def test_rows_that_were_appended_before_are_not_appended_again_with_newer_columns(shop: Shop) -> None:
    shop.weather(weather())
    shop.commit(flights(), mode="append")
    shop.commit(flights(100, delay=[1.5] * 100), mode="append")
    shop.weather(weather(temp=[-1.0] * 48))

    assert shop.commit(flights(), mode="append").unchanged
    assert shop.head.rows == 300


def test_what_a_version_was_joined_with_is_reached_by_the_collection(shop: Shop) -> None:
    from evergreen.data.collection import reachable
    from evergreen.data.keys import branch_key

    old = shop.weather(weather())
    shop.commit(flights())
    shop.versions.store.delete([branch_key("weather")])

    assert old.manifest_id in {manifest.id for _, manifest in reachable(shop.versions.store)}


def test_a_manifest_without_joins_has_the_bytes_that_it_had_before_there_were_any(shop: Shop) -> None:
    shop.weather(weather())
    head = shop.versions.head("weather")

    assert head is not None
    assert b"joined" not in head.to_bytes()
    assert Manifest.model_validate_json(head.to_bytes()).id == head.id


def test_columns_can_be_renamed_and_joined_twice(tmp_path: Path) -> None:
    first = "{dataset: weather, on: {origin: origin, hour: hour}, columns: {here: temp}}"
    second = "{dataset: weather, on: {dest: origin, hour: hour}, columns: {there: temp}}"
    shop = Shop(tmp_path, f"{first}\n    - {second}")
    shop.weather(weather())
    shop.commit(flights(dest=["EWR"] * 200))

    table = shop.versions.read(shop.head)
    assert table["there"].to_pylist() == [float(2 * (at % 24)) for at in range(200)]
    assert table["here"][0].as_py() == 1.0
    assert len(shop.head.source.joined) == 1


def test_takes_what_was_seen_before_the_departure(tmp_path: Path) -> None:
    shop = Shop(tmp_path, AS_OF)
    shop.weather(weather(4))
    shop.commit(flights(8))

    assert shop.versions.read(shop.head)["temp"].to_pylist() == [1.0, 2.0, None, None, 3.0, 2.0, None, None]


def test_nothing_of_the_other_side_matches_and_every_value_is_missing(shop: Shop) -> None:
    shop.weather(weather(origin=pa.nulls(48, pa.string())))
    shop.commit(flights())

    assert shop.versions.read(shop.head)["temp"].null_count == 200


@pytest.mark.parametrize("text", ["left", "right"])
def test_an_id_is_one_key_as_a_text_and_as_a_number(tmp_path: Path, text: str) -> None:
    shop = Shop(tmp_path, "{dataset: weather, on: {plane: number}, columns: [temp]}")
    numbers = [at % 50 for at in range(200)]
    shop.wanted = replace(shop.wanted, kinds={**shop.wanted.kinds, "plane": "id"})
    shop.weather(weather(number=[str(at) for at in range(48)] if text == "right" else list(range(48))))
    shop.commit(flights(plane=[str(at) for at in numbers] if text == "left" else numbers))

    assert shop.versions.read(shop.head)["temp"].to_pylist() == [float(at) if at < 48 else None for at in numbers]


REFUSED = {
    "a key that the file has not": (
        weather(),
        flights().drop_columns(["hour"]),
        "columns that this file has not: hour",
    ),
    "a key that the other side has not": (
        weather().drop_columns(["hour"]),
        flights(),
        "weather 1.0.0 has no column hour",
    ),
    "keys of two types": (weather(hour=[str(at) for at in range(48)]), flights(), "declare the type of hour"),
    "a repeated key": (
        weather(origin=["JFK"] * 48),
        flights(),
        r"has 2 rows with origin = AAA, hour = 2013-01-01T00:00:00Z, and 23 other keys are repeated",
    ),
    "a column that the file has": (weather(), flights(temp=[1.0] * 200), "data.join adds one of that name"),
}


@pytest.mark.parametrize(("right", "left", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refuses(shop: Shop, right: pa.Table, left: pa.Table, sentence: str) -> None:
    shop.weather(right)
    with pytest.raises(DataRefused, match=sentence):
        shop.commit(left)
    assert shop.versions.head("flights") is None


def test_says_how_to_commit_a_dataset_that_is_not_there_yet(shop: Shop) -> None:
    with pytest.raises(DataRefused, match="evergreen data commit FILE --dataset weather"):
        shop.commit(flights())


def test_two_rows_of_one_key_and_one_time_are_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path, AS_OF)
    shop.weather(weather(seen=pa.array([START] * 48, TIMESTAMP)))

    with pytest.raises(DataRefused, match=r"24 rows with origin = AAA, seen = 2013-01-01T00:00:00Z, and 1 other"):
        shop.commit(flights())
