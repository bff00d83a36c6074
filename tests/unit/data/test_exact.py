"""Numbers and times of columns that nobody declared: what a file holds is what a version holds, or it is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.data.directory import Directory
from evergreen.data.exact import misfit
from evergreen.data.types import normalised
from evergreen.data.versions import Versions
from evergreen.errors import DataRefused
from tests.unit.data.stores import commit_file

LONG = "98765432109876543211"


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(Directory(tmp_path / "store"), profiles=False)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("values", "row"), [([LONG], 1), (["1.5", "", LONG], 3), (["1e300", "9007199254740993", "0.5"], 2)]
)
def test_digits_of_a_csv_file_that_a_double_loses_are_refused(
    versions: Versions, tmp_path: Path, values: list[str], row: int, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kept:
        monkeypatch.setattr("evergreen.data.csv_reading.KEPT", 0)
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{each},a\r\n" for each in ["x,y", *values]).replace("x,y,a", "x,y"))

    with pytest.raises(DataRefused, match=rf"rows\.csv: column x, row {row}: 9+ has more .* an id"):
        commit_file(versions, path)
    assert versions.head("d") is None


def test_the_file_of_a_folder_whose_digits_would_be_lost_is_named(versions: Versions, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    for name, value in (("a", "1"), ("b", LONG)):
        (tmp_path / f"rows/{name}.csv").write_text(f"x\n{value}\n")

    with pytest.raises(DataRefused, match=r"^b\.csv: column x, row 1: 9{20} has more digits than a number keeps"):
        commit_file(versions, tmp_path / "rows")


def test_digits_of_json_lines_that_a_double_loses_are_refused(versions: Versions, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"x": 1.5}}\n{{"x": {LONG}}}\n')

    with pytest.raises(DataRefused, match=r"rows\.jsonl: column x, row 2: 9{20} has more .* as an id"):
        commit_file(versions, path)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_large_numbers_that_a_double_holds_stay_numbers(versions: Versions, tmp_path: Path, ending: str) -> None:
    texts = ["100000000000000000000", "1.5e300", "36893488147419103232", "-0.1234567890123456789"]
    path = tmp_path / f"rows.{ending}"
    path.write_text("x\n" + "\n".join(texts) if ending == "csv" else "\n".join(f'{{"x": {each}}}' for each in texts))

    commit_file(versions, path)

    head = versions.head("d")
    assert head is not None
    assert versions.read(head)["x"].to_pylist() == [float(each) for each in texts]


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**6), max_value=10**6)))
def test_decimals_are_the_nearest_doubles(values: list[Decimal]) -> None:
    column = pa.chunked_array([pa.array([*values, None], pa.decimal128(38, 18))])

    assert normalised(column, name="x", source="s").to_pylist() == [*map(float, values), None]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("12345678901234567.8", pa.decimal128(38, 1)),
        ("9007199254740993", pa.decimal128(38, 0)),
        ("9" * 76, pa.decimal256(76, 0)),
    ],
)
def test_a_decimal_that_a_double_loses_is_refused(
    versions: Versions, tmp_path: Path, value: str, kind: pa.DataType
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": pa.array([None, Decimal(0), Decimal(value)], kind)}), path)

    with pytest.raises(DataRefused, match=r"rows\.parquet: column x(, row 3: .* has more digits| holds decimal256)"):
        commit_file(versions, path)


@pytest.mark.parametrize(
    "value",
    ["36893488147419103232", "1e17", "-0.5", "123456789012345.67", "0.333333333333333333", "-4503599627370497.3"],
)
def test_a_decimal_is_kept_where_a_double_gives_it_back_and_rounded_behind_the_point(value: str) -> None:
    column = pa.chunked_array([pa.array([Decimal(value)], pa.decimal128(38, 18))])

    assert normalised(column, name="x", source="s").to_pylist() == [float(value)]


@pytest.mark.parametrize(
    ("times", "hint"),
    [
        (pa.array([None, 1000, 1001], pa.timestamp("ns", "Europe/Berlin")), "; round them to microseconds"),
        (pa.array([None, -1000, -1], pa.timestamp("ns")), "; round them to microseconds"),
        (pa.array([None, 0, 2**62], pa.timestamp("ms")), ""),
        (pa.array([None, 0, 2**31 - 1], pa.int32()).cast(pa.date32()), ""),
    ],
)
def test_times_that_microseconds_do_not_hold_are_refused(
    versions: Versions, tmp_path: Path, times: pa.Array, hint: str
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"t": times}), path)

    said = rf"rows\.parquet: column t holds .* do not fit into timestamp\[us, tz=UTC\], the first in row 3{hint}$"
    with pytest.raises(DataRefused, match=said):
        commit_file(versions, path)
    assert versions.head("d") is None


def test_unsigned_numbers_beyond_int64_are_refused_with_what_to_do(versions: Versions, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": pa.array([1, 2**63], pa.uint64())}), path)

    told = "uint64 values that do not fit into int64, the first in row 2; declare the column as an id"
    with pytest.raises(DataRefused, match=told):
        commit_file(versions, path)


def test_of_a_value_that_cannot_be_converted_at_all_no_row_is_told() -> None:
    assert misfit(pa.chunked_array([["x"]]), pa.int64()) is None


def test_times_of_a_csv_file_are_refused_alike(versions: Versions, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("t\n2024-01-01 00:00:00.5\n2024-01-01 00:00:00.123456789\n")

    with pytest.raises(DataRefused, match=r"rows\.csv: column t .*, the first in row 2; round them to microseconds"):
        commit_file(versions, path)
