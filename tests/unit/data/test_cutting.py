from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.data.cutting import PARTS, cut, first, kept_part_rows, part_rows
from evergreen.data.parts import Part
from evergreen.data.row_hash import RowHashes

ROWS = 40_000
EDITED = ROWS // 100
TARGET = ROWS // PARTS


def rows_of(seed: int, count: int) -> pa.Table:
    random = np.random.default_rng(seed)
    words = np.array(["", "a", "carrier", "a longer name than eight bytes", "ünïcode"])
    return pa.table(
        {
            "number": random.normal(size=count),
            "count": pa.array(random.integers(0, 9, count), mask=random.random(count) < 0.1),
            "word": pa.array(words[random.integers(0, 5, count)], mask=random.random(count) < 0.1),
            "flag": random.integers(0, 2, count).astype(bool),
            "at": pa.array(random.integers(0, 2**50, count), pa.timestamp("us", "UTC")),
            "nothing": pa.nulls(count),
        }
    )


TABLE, FRESH = rows_of(1, ROWS), rows_of(2, EDITED)


def edited(kind: str, start: int) -> pa.Table:
    before, rest = TABLE.slice(0, start), TABLE.slice(start)
    parts = {
        "append": [TABLE, FRESH],
        "insert": [before, FRESH, rest],
        "delete": [before, rest.slice(EDITED)],
        "update": [before, FRESH, rest.slice(EDITED)],
    }[kind]
    return pa.concat_tables(parts)


def parts_of(table: pa.Table, target: int = TARGET, batch: int = 7_001) -> list[pa.Table]:
    return list(cut((table.slice(start, batch) for start in range(0, table.num_rows, batch)), target))


def new_share(table: pa.Table) -> float:
    """The share of rows in parts that the first table has not."""
    known = {Part.of(part).content for part in parts_of(TABLE)}
    return sum(part.num_rows for part in parts_of(table) if Part.of(part).content not in known) / table.num_rows


@pytest.mark.parametrize("kind", ["append", "insert", "delete", "update"])
@pytest.mark.parametrize("start", [0, 12_345, 20_000, ROWS - EDITED])
def test_an_edit_of_one_percent_in_one_place_makes_at_most_five_percent_new(kind: str, start: int) -> None:
    assert new_share(edited(kind, start)) <= 0.05


def test_all_rows_come_back_in_order_in_parts_of_bounded_size() -> None:
    parts = parts_of(TABLE)

    assert pa.concat_tables(parts).equals(TABLE)
    assert all(TARGET / 2 <= part.num_rows <= TARGET * 1.5 for part in parts[:-1])


def test_rows_that_are_all_equal_are_cut_too() -> None:
    parts = parts_of(pa.table({"x": [1] * 10_000}), 1_000)

    assert max(part.num_rows for part in parts) <= 1_500


def test_columns_of_few_values_still_find_their_cuts_again() -> None:
    random = np.random.default_rng(0)
    table = pa.table({"a": random.integers(0, 3, ROWS), "b": np.array(["x", "y"])[random.integers(0, 2, ROWS)]})
    known = {Part.of(part).content for part in parts_of(table)}

    shorter = pa.concat_tables([table.slice(0, 9_000), table.slice(9_100)])

    new = [part for part in parts_of(shorter) if Part.of(part).content not in known]
    assert sum(part.num_rows for part in new) / ROWS <= 0.05


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, ROWS - 1), max_size=6).map(sorted))
def test_cuts_do_not_depend_on_how_rows_arrive(borders: list[int]) -> None:
    edges = [0, *borders, ROWS]
    batches = [TABLE.slice(start, end - start) for start, end in pairwise(edges)]

    assert [part.num_rows for part in cut(batches, TARGET)] == [part.num_rows for part in parts_of(TABLE)]


@pytest.mark.parametrize("ordered", [False, True])
def test_texts_may_be_coded_in_some_tables_and_spelled_in_others(ordered: bool) -> None:
    """As in a folder of files, of which only some have few texts."""
    coded = TABLE.cast(TABLE.schema.set(2, pa.field("word", pa.dictionary(pa.int32(), pa.string(), ordered))))
    once = TABLE.set_column(2, "word", TABLE["word"].dictionary_encode())
    batches = [coded.slice(0, 9_001), TABLE.slice(9_001, 10_000), once.slice(19_001)]

    found, wanted = cut(batches, TARGET), parts_of(TABLE)
    assert [Part.of(part).content for part in found] == [Part.of(part).content for part in wanted]


def test_a_row_hash_depends_on_the_last_rows_alone() -> None:
    whole = RowHashes().of(TABLE)
    late = RowHashes().of(TABLE.slice(1_000))

    assert (whole[1_031:] == late[31:]).all()


@pytest.mark.parametrize("batch", [1 << 14, 20_001, ROWS])
def test_the_same_rows_have_the_hashes_that_stores_were_cut_by(batch: int) -> None:
    hashes = RowHashes()

    found = np.concatenate([hashes.of(TABLE.slice(start, batch)) for start in range(0, ROWS, batch)])

    assert sha256(found.tobytes()).hexdigest().startswith("a89767e2540950b8")


def test_the_target_stays_until_the_table_has_outgrown_it() -> None:
    first = part_rows(rows=1e6, size=100e6)

    assert kept_part_rows(first, rows=2e6, size=200e6) == first
    assert kept_part_rows(first, rows=20e6, size=2000e6) > first
    assert part_rows(rows=0, size=0) > 0


def test_times_before_1970_and_empty_tables_are_hashed() -> None:
    early = pa.table({"at": pa.array([datetime(1900, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))})

    assert len(RowHashes().of(early)) == 1
    assert len(RowHashes().of(early.slice(1))) == 0


def test_the_first_rows_are_fewer_where_they_are_large() -> None:
    def tables() -> Iterator[pa.Table]:
        for start in range(0, 1_000, 10):
            yield pa.table({"x": range(start, start + 10)})

    assert first(tables(), 25, 1 << 20)["x"].to_pylist() == list(range(25))
    assert first(tables(), 5_000, 1 << 20).num_rows == 1_000
    assert first(tables(), 25, 100).num_rows == 20
