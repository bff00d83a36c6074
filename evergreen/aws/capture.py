"""Captured predictions by event day: collected incrementally from SageMaker's capture, read by window.

New capture objects become Parquet parts `captured/day=<event day>/<hash of their keys>.parquet`. What was collected is
kept in `captured/index.json`: per capture stream the hour before which everything is done, and the keys since. The
index only saves work: rows are told apart by prediction id when they are read, so overlapping or repeated collections,
or a lost index, change no result.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evergreen.aws.capture_rows import CaptureSchema, read_rows
from evergreen.aws.objects import Objects

SOURCES = "capture/"
PARTS = "captured/day="
INDEX = "captured/index.json"
LATE = timedelta(hours=24)  # how much later than its stream's newest object one may still appear
BATCH = 256  # capture objects read at once: bounds memory
THREADS = 8
_HOUR = re.compile(r"^\d{4}/\d{2}/\d{2}/\d{2}")
_AFTER_ALL = "~"  # sorts after every digit and letter of a key

Index = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Collected:
    """What one collection added."""

    sources: int
    rows: int
    unreadable: int


def collect(data: Objects, schema: CaptureSchema) -> Collected:
    """Turn every new capture object into rows by event day."""
    index = _read_index(data)
    sources, rows, unreadable = 0, 0, 0
    new = _new_sources(data, index)
    with ThreadPoolExecutor(THREADS) as pool:
        while batch := list(islice(new, BATCH)):
            found = read_rows(pool.map(data.get, batch), schema)
            list(pool.map(lambda part: data.put(*part), _parts(found.table(), batch)))
            sources, rows, unreadable = sources + len(batch), rows + len(found.rows), unreadable + found.unreadable
            _mark(index, batch)
            data.put(INDEX, json.dumps(index, sort_keys=True).encode(), content_type="application/json")
    return Collected(sources, rows, unreadable)


def read_window(data: Objects, schema: CaptureSchema, start: datetime, end: datetime) -> pa.Table:
    """Return the rows whose event time is in [start, end), each prediction once."""
    keys = [key for found in parts_by_day(data, start, end).values() for key in found]
    return read_parts(data, schema, keys, start, end)


def parts_by_day(data: Objects, start: datetime, end: datetime) -> dict[str, list[str]]:
    """The collected parts of the event days that [start, end) touches, by day (`2013-04-01`)."""
    first, last = f"{PARTS}{start:%Y-%m-%d}", f"{PARTS}{end - timedelta(microseconds=1):%Y-%m-%d}{_AFTER_ALL}"
    found: dict[str, list[str]] = {}
    for key in data.list(PARTS, start_after=first):
        if key > last:
            break
        found.setdefault(key.removeprefix(PARTS).partition("/")[0], []).append(key)
    return found


def read_parts(data: Objects, schema: CaptureSchema, keys: Sequence[str], start: datetime, end: datetime) -> pa.Table:
    """Return the rows of some parts whose event time is in [start, end), each prediction once."""
    with ThreadPoolExecutor(THREADS) as pool:
        tables = list(pool.map(lambda key: _conform(pq.read_table(io.BytesIO(data.get(key))), schema), keys))
    table = pa.concat_tables(tables) if tables else schema.arrow().empty_table()
    time = table["event_time"]
    table = table.filter(pc.and_(pc.greater_equal(time, pa.scalar(start)), pc.less(time, pa.scalar(end))))
    return _distinct(table)


def _new_sources(data: Objects, index: Index) -> Iterator[str]:
    """Skip from stream to stream (`capture/<endpoint>/<variant>/`), and in each to the hours not yet done."""
    after = None
    while (first := next(data.list(SOURCES, start_after=after), None)) is not None:
        stream = "/".join(first.split("/")[:3]) + "/"
        known = index.get(stream, {"after": "", "seen": []})
        seen = set(known["seen"])
        for key in data.list(stream, start_after=stream + known["after"]):
            name = key.removeprefix(stream)
            if _HOUR.match(name) and name not in seen:
                yield key
        after = stream + _AFTER_ALL


def _mark(index: Index, keys: Sequence[str]) -> None:
    for key in keys:
        stream = "/".join(key.split("/")[:3]) + "/"
        index.setdefault(stream, {"after": "", "seen": []})["seen"].append(key.removeprefix(stream))
    for known in index.values():
        newest = datetime.strptime(max(known["seen"])[:13], "%Y/%m/%d/%H").replace(tzinfo=UTC)
        known["after"] = f"{newest - LATE:%Y/%m/%d/%H}"
        known["seen"] = sorted(name for name in known["seen"] if name > known["after"])


def _parts(table: pa.Table, sources: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield one Parquet part per event day, named by the objects that it came from: equal input, equal bytes."""
    name = hashlib.sha256("\n".join(sorted(sources)).encode()).hexdigest()
    days = pc.strftime(table["event_time"], format="%Y-%m-%d")
    for day in sorted(pc.unique(days).to_pylist()):
        sink = io.BytesIO()
        pq.write_table(table.filter(pc.equal(days, day)), sink, compression="zstd")
        yield f"{PARTS}{day}/{name}.parquet", sink.getvalue()


def _conform(table: pa.Table, schema: CaptureSchema) -> pa.Table:
    """Bring a part written under another contract into this schema; a column it lacks is missing."""
    arrays = []
    for wanted in schema.arrow():
        position = table.schema.get_field_index(wanted.name)
        same = position >= 0 and table.schema.types[position] == wanted.type
        arrays.append(table.column(position) if same else pa.nulls(table.num_rows, wanted.type))
    return pa.Table.from_arrays(arrays, schema=schema.arrow())


def _distinct(table: pa.Table) -> pa.Table:
    first: dict[str, int] = {}
    for row, key in enumerate(table["prediction_id"].to_pylist()):
        first.setdefault(key, row)
    return table if len(first) == table.num_rows else table.take(list(first.values()))


def _read_index(data: Objects) -> Index:
    """Listing first: where listing is granted by prefix, S3 answers 403 to a read of what does not exist."""
    if next(data.list(INDEX), None) != INDEX:
        return {}
    index: Index = json.loads(data.get(INDEX))
    return index
