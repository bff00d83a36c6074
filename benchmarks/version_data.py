"""Tables and files for the benchmark of data versions: twenty columns of mixed kinds, and one edit of each kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW_BYTES = 82  # of the table below, in Parquet
ROW_GROUP = 1_000_000
SMALL_FILE = 20 << 10
_SEED = 7


def rows(seed: int, count: int) -> pa.Table:
    """Twenty columns: numbers, small and large categories, texts, times."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {"id": np.arange(count) + seed * 10_000_000}
    columns |= {f"x{number}": random.normal(size=count) for number in range(8)}
    columns |= {f"k{number}": random.integers(0, 1000 * (number + 1), count) for number in range(6)}
    words = np.array([f"lvl_{number:04d}" for number in range(50)])
    columns |= {f"s{number}": words[random.integers(0, 50, count)] for number in range(4)}
    steps = np.cumsum(random.integers(1, 5_000_000, count)).astype("timedelta64[us]")
    columns["ts"] = np.datetime64("2024-01-01", "us") + steps
    return pa.table(columns)


def write_first(path: Path, megabytes: int) -> int:
    """The first version; returns its rows."""
    count = megabytes * (1 << 20) // ROW_BYTES
    _write(path, (rows(start // ROW_GROUP, min(ROW_GROUP, count - start)) for start in range(0, count, ROW_GROUP)))
    return count


def write_edit(source: Path, path: Path, kind: str, count: int) -> None:
    """The table with 1 % of its rows appended, or in one place replaced, inserted or deleted, or scattered."""
    fresh, start, end = rows(900, count // 100), count * 2 // 5, count * 2 // 5 + count // 100
    edits: dict[str, Callable[[], Iterator[pa.Table]]] = {
        "append": lambda: _chain(_between(source, 0, count), [fresh]),
        "replace": lambda: _chain(_between(source, 0, start), [fresh], _between(source, end, count)),
        "insert": lambda: _chain(_between(source, 0, start), [fresh], _between(source, start, count)),
        "delete": lambda: _chain(_between(source, 0, start), _between(source, end, count)),
        "scattered": lambda: _scattered(source),
    }
    _write(path, edits[kind]())


def write_new_rows(path: Path, count: int) -> None:
    """The appended 1 % alone."""
    _write(path, iter([rows(900, count // 100)]))


def write_opaque(path: Path, megabytes: int) -> None:
    """Bytes that are no table."""
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1 << 20))


def write_many(folder: Path, files: int) -> None:
    """Small CSV files of about 20 kB."""
    random = np.random.default_rng(_SEED)
    folder.mkdir(parents=True, exist_ok=True)
    lines = SMALL_FILE // 40
    for number in range(files):
        values = random.normal(size=(lines, 2))
        body = "".join(f"{number * lines + row},{a:.9f},{b:.9f}\n" for row, (a, b) in enumerate(values))
        (folder / f"{number:05d}.csv").write_text(f"id,a,b\n{body}")


def _write(path: Path, tables: Iterator[pa.Table]) -> None:
    writer: pq.ParquetWriter | None = None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=ROW_GROUP)
    assert writer is not None
    writer.close()


def _between(source: Path, start: int, end: int) -> Iterator[pa.Table]:
    position = 0
    for batch in pq.ParquetFile(source).iter_batches(ROW_GROUP):
        table = pa.Table.from_batches([batch])
        low, high = max(start - position, 0), min(end - position, table.num_rows)
        if low < high:
            yield table.slice(low, high - low)
        position += table.num_rows


def _scattered(source: Path) -> Iterator[pa.Table]:
    random = np.random.default_rng(_SEED)
    for batch in pq.ParquetFile(source).iter_batches(ROW_GROUP):
        table = pa.Table.from_batches([batch])
        values = table["x3"].to_numpy().copy()
        values[random.random(len(values)) < 0.01] = 0.5
        yield table.set_column(table.column_names.index("x3"), "x3", pa.array(values))


def _chain(*parts: Iterator[pa.Table] | list[pa.Table]) -> Iterator[pa.Table]:
    for part in parts:
        yield from part
