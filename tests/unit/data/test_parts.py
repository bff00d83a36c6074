"""A part: one hash and one file for equal rows, whatever chunks, files or encodings they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.data.parts import Part
from evergreen.data.room import Room
from tests.unit.data.test_cutting import TABLE

WORDS = ["b", "", "a", None, "b", "ccc"]


def _coded(codes: Any, words: Sequence[str | None]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words, pa.string()))


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

    assert Part.of(changed(table)).content != Part.of(table).content


def test_the_content_hash_tells_texts_apart_that_join_to_the_same() -> None:
    assert Part.of(pa.table({"a": ["ab", "c"]})).content != Part.of(pa.table({"a": ["a", "bc"]})).content
    assert Part.of(pa.table({"a": ["", None]})).content != Part.of(pa.table({"a": [None, ""]})).content


def test_equal_rows_have_one_hash_and_one_file_however_they_are_chunked_and_stored() -> None:
    part = TABLE.slice(100, 900)
    chunked = pa.concat_tables([part.slice(0, 7), part.slice(7, 13), part.slice(20)])
    sink = pa.BufferOutputStream()
    pq.write_table(part, sink, row_group_size=100)
    read = pq.read_table(pa.BufferReader(sink.getvalue())).cast(part.schema)

    assert Part.of(chunked).content == Part.of(part).content == Part.of(read).content
    assert Part.of(chunked).to_bytes() == Part.of(part).to_bytes() == Part.of(read).to_bytes()


@pytest.mark.parametrize("rows", [0, 1, 7, 5_000, 70_000])
@pytest.mark.parametrize("different", [1, 30, 60_000])
@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
def test_texts_have_one_hash_and_one_file_coded_or_spelled(rows: int, different: int, missing: float) -> None:
    random = np.random.default_rng(rows + different)
    words = [f"word {place}" for place in range(different)]
    codes = [None if random.random() < missing else code for code in random.integers(0, different, rows).tolist()]
    spelled = pa.chunked_array([pa.array([None if code is None else words[code] for code in codes], pa.string())])
    order = random.permutation(different)
    shuffled = [words[place] for place in order]
    back = np.argsort(order)
    half = rows // 3
    first = _coded([None if code is None else int(back[code]) for code in codes[:half]], shuffled)
    second = _coded(codes[half:], words)
    after = pa.concat_arrays([_coded([0], words), second]).slice(1)

    parts = [Part.of(pa.table({"x": column})) for column in (spelled, pa.chunked_array([first, after]))]

    assert parts[0].content == parts[1].content
    assert parts[0].missing == parts[1].missing
    assert parts[0].to_bytes() == parts[1].to_bytes()
    read = pq.read_table(pa.BufferReader(parts[0].to_bytes()))
    assert read.schema.field("x").type == pa.string()
    assert read["x"].to_pylist() == spelled.to_pylist()


@pytest.mark.parametrize("codes", [[0, 3, 4, 2, None, 0, 4], [0, 3, 4, 2, 0, 4]])
def test_a_dictionary_may_hold_a_text_twice_or_none_or_one_that_no_row_has(codes: list[int | None]) -> None:
    coded = _coded(codes, WORDS)

    part = Part.of(pa.table({"x": coded}))

    spelled = Part.of(pa.table({"x": [None if code is None else WORDS[code] for code in codes]}))
    assert (part.content, bytes(part.to_bytes())) == (spelled.content, bytes(spelled.to_bytes()))


@given(st.lists(st.sampled_from(WORDS), max_size=40), st.lists(st.sampled_from(WORDS), max_size=40))
def test_other_texts_have_another_hash(one: list[str | None], other: list[str | None]) -> None:
    columns = [pa.array(words, pa.string()) for words in (one, other)]
    hashes = [Part.of(pa.table({"x": column})).content for column in columns]

    assert (hashes[0] == hashes[1]) == (one == other)
    assert Part.of(pa.table({"x": columns[0].dictionary_encode()})).content == hashes[0]


@pytest.mark.parametrize("room", [0, 5, 100, 3_000])
def test_where_there_is_too_little_room_it_grows(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    part, allocate = Part.of(TABLE.slice(0, 1_000)), pa.allocate_buffer
    enough = bytes(part.to_bytes())
    monkeypatch.setattr(pa, "allocate_buffer", lambda _: allocate(room))

    assert part.to_bytes() == enough


def test_parts_that_are_made_in_one_room_are_those_that_have_their_own() -> None:
    room = Room()

    for rows in (1_000, 10, 3_000, 200):
        part = Part.of(TABLE.slice(rows, rows))
        assert part.to_bytes(room=room) == part.to_bytes()


def test_a_copy_of_the_same_rows_has_bytes_of_its_own() -> None:
    part = TABLE.slice(0, 10)

    assert Part.of(part).to_bytes(copy=1) != Part.of(part).to_bytes()
    assert pq.read_table(pa.BufferReader(Part.of(part).to_bytes(copy=1))).equals(part)


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
            "words": np.array(list("abcdefghijklmnop"))[(1e6 * random[0]).astype(int) % 16],
            "mostly a": np.where(random[0] > 1.5, np.array(["b", "c", "d"])[(1e6 * random[1]).astype(int) % 3], "a"),
            "long": [f"{place:04}" * 20 for place in range(5_000)],
        }
    )

    read = pq.ParquetFile(pa.BufferReader(Part.of(table).to_bytes()))
    columns = [read.metadata.row_group(0).column(at) for at in range(table.num_columns)]
    assert {each.path_in_schema: each.compression for each in columns} == {
        "a.b": "UNCOMPRESSED", "gaps": "UNCOMPRESSED", "rounded": "ZSTD", "constant": "ZSTD",
        "rows": "UNCOMPRESSED", "mostly 0": "ZSTD", "some": "ZSTD",
        "words": "UNCOMPRESSED", "mostly a": "ZSTD", "long": "ZSTD",
    }  # fmt: skip
    assert read.read().equals(table)
