"""Identifiers and whole numbers: what a file spells is what a version holds, or it is refused."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data.commits import CommitResult, Incoming
from evergreen.data.directory import Directory
from evergreen.data.stat_cache import StatCache
from evergreen.data.tables import read_file
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.project.reader import parse_project
from evergreen.validation.redaction import shape

PROJECT = """\
project: p
target: y
data:
  dataset: d
  time: t
  columns: {y: {type: number}, k: {type: id}, c: {type: category}, x: {type: number}, t: {type: timestamp}}
"""
SPELLED = ["98765432109876543210", "007", "7", "1.0", "2013-01-01", "1e3"]
CSV = "y,k,c,x,t\n"


class Shop:
    """A directory store, and files that are committed to its dataset."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = Versions(Directory(folder / "store"), profiles=False)

    def commit(self, path: Path, *, mode: Any = "append") -> CommitResult:
        wanted = Wanted.of(parse_project(PROJECT))
        content = self.versions.prepare("d", path, wanted, mode=mode, cache=StatCache())
        return self.versions.publish("d", Incoming(content, mode, "m", "2013-02-01T00:00:00Z"))

    def csv(self, *ids: str, name: str = "rows.csv", x: str = "1") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(CSV + "".join(f"1,{each},{each},{x},2013-01-01\n" for each in ids))
        return path

    def parquet(self, *ids: Any, name: str = "rows.parquet", **columns: Any) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        rows = [{"y": 1.0, "k": each, "c": "a", "x": 1.0, "t": None} for each in ids]
        table = pa.Table.from_pylist(rows)
        for column, values in columns.items():
            table = table.set_column(table.column_names.index(column), column, values)
        pq.write_table(table, path)
        return path

    def lines(self, *rows: str, name: str = "rows.jsonl") -> Path:
        text = "".join(f'{{"y":1,"t":"2013-01-01",{row}}}\n' for row in rows).encode()
        (self.folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return self.folder / name

    def held(self, column: str = "k") -> list[Any]:
        head = self.versions.head("d")
        assert head is not None
        return list(self.versions.read(head)[column].to_pylist())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize("kept", [True, False])
def test_an_id_of_a_csv_file_stays_as_it_is_spelled(shop: Shop, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kept:
        monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    path = shop.csv(*SPELLED)

    shop.commit(path)

    assert shop.held() == shop.held("c") == SPELLED
    assert read_file(path, parse_project(PROJECT))["k"].to_pylist() == SPELLED


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
@pytest.mark.parametrize(
    "values",
    [SPELLED, ["2013-01-01", "2013-01-02"], [98765432109876543210, 7], [7, 8], [None, 1e3, 1.0]],
)
def test_an_id_of_json_lines_stays_as_it_is_spelled(shop: Shop, name: str, values: list[Any]) -> None:
    spelled = [None if each is None else each if isinstance(each, str) else json.dumps(each) for each in values]

    shop.commit(shop.lines(*(f'"x":1,"k":{json.dumps(each)},"c":{json.dumps(each)}' for each in values), name=name))

    assert shop.held() == spelled


def test_a_category_of_json_lines_is_what_a_request_gives(shop: Shop) -> None:
    shop.commit(shop.lines(*(f'"x":1,"k":"a","c":{each}' for each in ("3.0", "7", "2.5")), name="numbers.jsonl"))
    shop.commit(shop.lines('"x":1,"k":"a","c":"2013-01-01"'))

    assert shop.held("c") == ["3", "7", "2.5", "2013-01-01"]


@pytest.mark.parametrize("stretch", [1, 1 << 20])
def test_texts_of_json_lines_may_stand_beside_numbers(
    shop: Shop, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evergreen.data.json_reading._STRETCH", stretch)
    values = ["3.0", "true", '"x"', "null", "9007199254740993", "1e3", "NaN", '"2013-01-01"']

    shop.commit(shop.lines(*(f'"x":{at}.5,"k":{each},"c":{each}' for at, each in enumerate(values))))

    assert shop.held("x") == [at + 0.5 for at in range(len(values))]
    assert shop.held("c") == ["3", "true", "x", None, "9007199254740993", "1000", None, "2013-01-01"]
    assert shop.held("k") == ["3.0", "true", "x", None, "9007199254740993", "1e3", None, "2013-01-01"]


def test_ids_that_are_no_numbers_are_missing_and_large_categories_stay_apart(shop: Shop) -> None:
    shop.commit(shop.lines(*(f'"x":1,"k":{key},"c":{c}' for key, c in (("NaN", 2**64), ("1.5", 2**64 + 1)))))

    assert shop.held() == [None, "1.5"]
    assert shop.held("c") == [str(2**64), str(2**64 + 1)]


def test_blank_lines_of_json_count_as_lines(shop: Shop) -> None:
    (shop.folder / "rows.jsonl").write_text('{"y":1,"k":1,"x":1}\n\n\n{"y":1,"k":1,"x":"a"}\n')

    with pytest.raises(DataRefused, match=r"Column\(/x\) changed from number to string in line 4$"):
        shop.commit(shop.folder / "rows.jsonl")


def test_rows_of_json_are_read_again_wherever_they_end(shop: Shop) -> None:
    path = shop.folder / "rows.jsonl"
    path.write_text('\ufeff\n {"y":1,"k":1.50,"c":"a","x":1,"t":null} {"y":1,"k":2e1,"c":"a","x":1,"t":null}\n\n')

    shop.commit(path)

    assert shop.held() == ["1.50", "2e1"]


def test_parquet_keeps_the_type_it_has(shop: Shop) -> None:
    shop.commit(shop.parquet(1, 2))

    assert shop.held() == [1, 2]


def test_parquet_types_that_no_version_has_become_texts(shop: Shop) -> None:
    long = Decimal("98765432109876543210")
    shop.commit(shop.parquet(long, name="a.parquet", k=pa.array([long], pa.decimal128(20, 0))))
    shop.commit(shop.parquet(0, k=pa.array([2**64 - 1], pa.uint64())))

    assert shop.held() == [str(long), str(2**64 - 1)]


def test_texts_join_the_numbers_that_they_spell(shop: Shop) -> None:
    shop.commit(shop.parquet(1, None, -2))

    shop.commit(shop.csv("3", "-40", "", "0"))
    shop.commit(shop.lines('"k":5,"c":"a","x":1'))

    assert shop.held() == [1, None, -2, 3, -40, None, 0, 5]


@pytest.mark.parametrize("spelled", ["007", "-0", "+5", "5.0", "abc", "98765432109876543210"])
def test_texts_that_are_no_numbers_own_do_not_join_numbers(shop: Shop, spelled: str) -> None:
    shop.commit(shop.parquet(1, 2))

    with pytest.raises(DataRefused) as caught:
        shop.commit(shop.csv("3", spelled))

    said = f"rows.csv: column k, row 2: {shape(spelled)} is a text, and in earlier versions the column holds int64"
    assert said in str(caught.value)
    assert shop.commit(shop.csv("3", spelled), mode="replace").version == "2.0.0"
    assert shop.held() == ["3", spelled]


def test_a_file_that_was_read_before_is_read_again_for_another_head(shop: Shop) -> None:
    path = shop.csv("3")
    shop.commit(path, mode="replace")
    shop.commit(shop.parquet(1), mode="replace")

    shop.commit(path)

    assert shop.held() == [1, 3]


def test_whole_numbers_join_texts_in_a_version_and_in_a_folder(shop: Shop) -> None:
    shop.commit(shop.csv("007"))
    shop.commit(shop.parquet(8))
    assert shop.held() == ["007", "8"]

    shop.csv("009", name="both/a.csv")
    shop.parquet(10, name="both/b.parquet")
    shop.commit(shop.folder / "both", mode="replace")

    assert shop.held() == ["009", "10"]


LONG = str(2**53 + 1)


@pytest.mark.parametrize(
    ("x", "kept"),
    [
        ((LONG,), True),
        ((LONG,), False),
        (("1.5", LONG), True),
        (("1.5", LONG), False),
        (("98765432109876543211",), True),
        (("98765432109876543211",), False),
    ],
)
def test_a_whole_number_that_a_double_does_not_hold_is_refused_in_csv(
    shop: Shop, x: tuple[str, ...], kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kept:
        monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    path = shop.folder / "rows.csv"
    path.write_text(CSV + "".join(f"1,a,a,{each},2013-01-01\n" for each in x))
    said = f"rows.csv: column x, row {len(x)}: {shape(x[-1])} has more digits than a number keeps"

    with pytest.raises(DataRefused, match=said):
        shop.commit(path)
    with pytest.raises(DataRefused, match=said):
        read_file(path, parse_project(PROJECT))
    assert shop.versions.head("d") is None


@pytest.mark.parametrize("x", [LONG, "98765432109876543211"])
def test_a_whole_number_that_a_double_does_not_hold_is_refused_in_json_lines(shop: Shop, x: str) -> None:
    with pytest.raises(DataRefused, match=r"rows\.jsonl: column x, row 2: 9+ has more digits"):
        shop.commit(shop.lines('"k":"a","c":"a","x":1.5', f'"k":"a","c":"a","x":{x}'))


@pytest.mark.parametrize(
    "x",
    [
        pa.array([2**53 + 1]),
        pa.array([2**63 + 1], pa.uint64()),
        pa.array([LONG]),
        pa.array([LONG]).dictionary_encode(),
        pa.array([2**53 + 1]).cast(pa.decimal128(19, 0)).cast(pa.decimal128(38, 0)),
    ],
    ids=["int64", "uint64", "text", "dictionary", "decimal"],
)
def test_a_whole_number_that_a_double_does_not_hold_is_refused_in_parquet(shop: Shop, x: pa.Array) -> None:
    with pytest.raises(DataRefused, match=r"rows\.parquet: column x, row 1: \d+ has more digits than a number keeps"):
        shop.commit(shop.parquet("a", x=x))


def test_numbers_that_a_double_holds_are_numbers_however_large(shop: Shop) -> None:
    large = [str(2**53), str(2**60), "100000000000000000000", "1.5e300", "-9223372036854775808"]
    path = shop.folder / "rows.csv"
    path.write_text(CSV + "".join(f"1,a,a,{each},2013-01-01\n" for each in large))

    shop.commit(path)
    shop.commit(shop.parquet("a", x=pa.array([2**60])))

    assert shop.held("x") == [float(each) for each in [*large, 2**60]]
