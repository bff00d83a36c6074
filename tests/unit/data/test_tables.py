from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.data.parts import Part, has_missing
from evergreen.data.tables import conformed, data_files, read_files
from evergreen.errors import DataRefused
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project

HEADER = "departure,carrier,distance,arr_delay\n"


def refusal(path: Path, project: Project) -> str:
    with pytest.raises(DataRefused) as caught:
        read_files(path, project)
    return str(caught.value)


def test_reads_a_csv_file_in_the_declared_types(csv: Path, project: Project) -> None:
    table = read_files(csv, project)

    assert [str(field.type) for field in table.schema] == ["timestamp[us, tz=UTC]", "string", "double", "double"]
    assert table["carrier"].to_pylist() == ["AA", "007", "UA"]
    assert table["distance"].to_pylist() == [100.0, 250.0, None]
    assert table["departure"].to_pylist() == [
        datetime(2013, 1, 1, 5, tzinfo=UTC),
        datetime(2013, 1, 1, 6, tzinfo=UTC),
        datetime(2013, 1, 2, tzinfo=UTC),
    ]


def test_reads_the_same_rows_from_parquet_and_csv(csv: Path, project: Project, tmp_path: Path) -> None:
    table = read_files(csv, project)
    pq.write_table(table, tmp_path / "january.parquet")

    assert Part.of(read_files(tmp_path / "january.parquet", project)).to_bytes() == Part.of(table).to_bytes()


def test_reads_a_directory_in_the_order_of_its_names(csv: Path, project: Project) -> None:
    (csv.parent / "february.csv").write_text(HEADER + "2013-02-01,AA,1,2\n")
    (csv.parent / "notes.txt").write_text("not data")

    assert [path.name for path in data_files(csv.parent)] == ["february.csv", "january.csv"]
    assert read_files(csv.parent, project)["distance"].to_pylist() == [1.0, 100.0, 250.0, None]


def test_infers_types_from_the_whole_file_and_not_from_its_first_rows(project: Project, tmp_path: Path) -> None:
    plain = parse_project("project: p\ntarget: y\ndata: {dataset: d}")
    path = tmp_path / "late_fraction.csv"
    path.write_text("x,y\n" + "1,0\n" * 200_000 + "0.5,1\n")

    assert read_files(path, plain)["x"].type == pa.float64()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "departure,carrier,distance\n2013-01-01,AA,1\n",
            "no column arr_delay, which the target late is computed from",
        ),
        (HEADER + "2013-01-01,AA,1,2\n2013-01-01,AA,far,2\n", "column distance, row 2: aaa is not a number"),
        (HEADER + "2013-02-30,AA,1,2\n", "column departure, row 1: 9999-99-99 is not an ISO 8601 time"),
        (HEADER + "2013-02-30T25:00,AA,1,2\n", "is not an ISO 8601 time"),
        (HEADER, "the file has no rows"),
        ("", "the file is empty"),
        (
            "departure,carrier,distance,arr_delay,carrier\n2013-01-01,AA,1,2,AA\n",
            "more than one column is named carrier",
        ),
        (HEADER.replace("departure", "distance") + "2013-01-01,AA,1,2\n", "more than one column is named distance"),
        ("departure,,distance,arr_delay\n2013-01-01,AA,1,2\n", "column 2 has no name"),
        ("departure,carrier,arr_delay\n2013-01-01,AA,2\n", "columns that this file has not: distance"),
        (HEADER + "2013-01-01,AA,1\n", "cannot be read as CSV"),
        (HEADER + "2013-01-01,AA,1,\n", "column arr_delay has no values, so no row has a target"),
    ],
)
def test_refuses_a_bad_csv_file_by_name_and_place(content: str, said: str, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)

    message = refusal(path, project)

    assert said in message
    assert message.startswith("bad.csv: ")


def test_refuses_a_parquet_file_with_a_broken_footer(csv: Path, project: Project) -> None:
    path = csv.parent / "broken.parquet"
    path.write_bytes(Part.of(read_files(csv, project)).to_bytes()[:-12])

    message = refusal(path, project)

    assert message.startswith("broken.parquet: cannot be read as Parquet")
    assert str(path.parent) not in message


def test_refuses_parquet_columns_that_repeat_a_name(project: Project, tmp_path: Path) -> None:
    twice = pa.table([pa.array([1]), pa.array([2])], names=["x", "x"])
    pq.write_table(twice, tmp_path / "twice.parquet")

    assert "more than one column is named x" in refusal(tmp_path / "twice.parquet", project)


def test_refuses_files_of_other_kinds_and_files_that_are_not_there(project: Project, tmp_path: Path) -> None:
    (tmp_path / "data.xlsx").write_bytes(b"x")

    assert "neither CSV nor Parquet" in refusal(tmp_path / "data.xlsx", project)
    assert "there is no such file" in refusal(tmp_path / "absent.csv", project)


def test_refuses_columns_that_are_tables_themselves(project: Project) -> None:
    nested = pa.table({"departure": [[1, 2]], "carrier": ["AA"], "distance": [1.0], "arr_delay": [1.0]})

    with pytest.raises(DataRefused, match=r"column departure holds list<.*; it must be a number, text, boolean"):
        conformed(nested, project, source="x")


def test_refuses_a_target_comparison_with_the_wrong_type() -> None:
    project = parse_project("project: p\ntarget: {name: late, from: delay > 15}\ndata: {dataset: d}")

    with pytest.raises(DataRefused, match="column delay holds string, and the target is delay > 15"):
        conformed(pa.table({"delay": ["long"]}), project, source="x")


def test_stores_few_types_whatever_the_file_used() -> None:
    project = parse_project("project: p\ntarget: y\ndata: {dataset: d}")
    table = pa.table(
        {
            "y": pa.array([1], pa.int8()),
            "f": pa.array([1.5], pa.float32()),
            "c": pa.array(["a"]).dictionary_encode(),
            "t": pa.array([datetime(2013, 1, 1)], pa.timestamp("ns")),
            "d": pa.array([date(2013, 1, 1)]),
            "s": pa.array(["a"], pa.large_string()),
            "n": pa.array([None], pa.null()),
        }
    )

    kinds = [str(field.type) for field in conformed(table, project, source="x").schema]

    stamp = "timestamp[us, tz=UTC]"
    assert kinds == ["int64", "double", "string", stamp, stamp, "string", "null"]


def test_reads_blank_texts_as_missing_numbers() -> None:
    project = parse_project("project: p\ntarget: y\ndata: {dataset: d, columns: {x: {type: number}}}")

    table = conformed(pa.table({"y": [1, 0], "x": [" ", " 2.5 "]}), project, source="x")

    assert table["x"].to_pylist() == [None, 2.5]


def test_null_and_nan_are_missing_values() -> None:
    table = pa.table({"a": [1.0, float("nan")], "b": [1, 2], "c": ["x", None]})

    assert [has_missing(column) for column in table.columns] == [True, False, True]


def test_equal_tables_give_equal_bytes_however_they_are_chunked() -> None:
    whole = pa.table({"a": [1, 2, 3]})
    parts = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])

    assert Part.of(parts).to_bytes() == Part.of(whole).to_bytes()
