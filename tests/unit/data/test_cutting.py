from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.data.cutting import PARTS, cut, kept_part_rows, part_rows
from evergreen.data.parts import content_hash, to_bytes
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
    known = {content_hash(part) for part in parts_of(TABLE)}
    return sum(part.num_rows for part in parts_of(table) if content_hash(part) not in known) / table.num_rows


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
    known = {content_hash(part) for part in parts_of(table)}

    shorter = pa.concat_tables([table.slice(0, 9_000), table.slice(9_100)])

    new = [part for part in parts_of(shorter) if content_hash(part) not in known]
    assert sum(part.num_rows for part in new) / ROWS <= 0.05


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, ROWS - 1), max_size=6).map(sorted))
def test_cuts_do_not_depend_on_how_rows_arrive(borders: list[int]) -> None:
    edges = [0, *borders, ROWS]
    batches = [TABLE.slice(start, end - start) for start, end in pairwise(edges)]

    assert [part.num_rows for part in cut(batches, TARGET)] == [part.num_rows for part in parts_of(TABLE)]


def test_a_row_hash_depends_on_the_last_rows_alone() -> None:
    whole = RowHashes().of(TABLE)
    late = RowHashes().of(TABLE.slice(1_000))

    assert (whole[1_031:] == late[31:]).all()


@pytest.mark.parametrize(
    "changed",
    [
        lambda table: table.set_column(0, "renamed", table["number"]),
        lambda table: table.set_column(0, "number", table["number"].cast(pa.float32()).cast(pa.float64())),
        lambda table: table.slice(1),
        lambda table: table.set_column(2, "word", pa.nulls(len(table), pa.string())),
        lambda table: table.set_column(5, "nothing", pa.nulls(len(table), pa.int64())),
    ],
)
def test_the_content_hash_sees_every_change(changed: Callable[[pa.Table], pa.Table]) -> None:
    table = TABLE.slice(0, 1_000)

    assert content_hash(changed(table)) != content_hash(table)


def test_the_content_hash_tells_texts_apart_that_join_to_the_same() -> None:
    assert content_hash(pa.table({"a": ["ab", "c"]})) != content_hash(pa.table({"a": ["a", "bc"]}))
    assert content_hash(pa.table({"a": ["", None]})) != content_hash(pa.table({"a": [None, ""]}))


def test_equal_rows_have_one_hash_and_one_file_however_they_are_chunked_and_stored() -> None:
    part = TABLE.slice(100, 900)
    chunked = pa.concat_tables([part.slice(0, 7), part.slice(7, 13), part.slice(20)])
    sink = pa.BufferOutputStream()
    pq.write_table(part, sink, row_group_size=100)
    read = pq.read_table(pa.BufferReader(sink.getvalue())).cast(part.schema)

    assert content_hash(chunked) == content_hash(part) == content_hash(read)
    assert to_bytes(chunked) == to_bytes(part) == to_bytes(read)


def test_a_copy_of_the_same_rows_has_bytes_of_its_own() -> None:
    part = TABLE.slice(0, 10)

    assert to_bytes(part, copy=1) != to_bytes(part)
    assert pq.read_table(pa.BufferReader(to_bytes(part, copy=1))).equals(part)


def test_what_looks_random_is_stored_as_it_is_and_all_else_compressed() -> None:
    random = np.random.default_rng(0).normal(size=(2, 5_000))
    gaps = pa.array(random[1], mask=random[0] > 1)
    rounded = pa.array(np.round(random[0], 2))
    whole = np.where(random[0] > 1, (1_000 * random[1]).astype(int), 0)
    table = pa.table(
        {
            "a.b": random[0],
            "gaps": gaps,
            "rounded": rounded,
            "constant": 5_000 * [0.5],
            "rows": np.arange(5_000),
            "mostly 0": whole,
            "some": pa.array(np.arange(5_000), mask=random[0] > 1),
        }
    )

    read = pq.ParquetFile(pa.BufferReader(to_bytes(table)))
    columns = [read.metadata.row_group(0).column(at) for at in range(table.num_columns)]
    assert {each.path_in_schema: each.compression for each in columns} == {
        "a.b": "UNCOMPRESSED", "gaps": "UNCOMPRESSED", "rounded": "ZSTD", "constant": "ZSTD",
        "rows": "UNCOMPRESSED", "mostly 0": "ZSTD", "some": "ZSTD",
    }  # fmt: skip
    assert read.read().equals(table)


def test_the_target_stays_until_the_table_has_outgrown_it() -> None:
    first = part_rows(rows=1e6, size=100e6)

    assert kept_part_rows(first, rows=2e6, size=200e6) == first
    assert kept_part_rows(first, rows=20e6, size=2000e6) > first
    assert part_rows(rows=0, size=0) > 0


def test_times_before_1970_and_empty_tables_are_hashed() -> None:
    early = pa.table({"at": pa.array([datetime(1900, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))})

    assert len(RowHashes().of(early)) == 1
    assert len(RowHashes().of(early.slice(1))) == 0
