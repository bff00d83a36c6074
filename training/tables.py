"""Parquet in and out, and tables as the encoder's columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evergreen.data.types import normalised
from evergreen.errors import DataRefused
from evergreen.features.values import Column, Field, text

_SECONDS_PER_TICK = 1e-6


def read_parts(directory: Path) -> pa.Table:
    """Every Parquet file below a directory as one table, in the order of their names, in stored types."""
    files = sorted(directory.rglob("*.parquet"))
    if not files:
        raise DataRefused(f"the input {directory.name} holds no Parquet file")
    try:
        parts = [pq.ParquetFile(file).read() for file in files]
        table = pa.concat_tables(parts, promote_options="permissive")
    except (pa.ArrowException, OSError) as error:
        raise DataRefused(f"the input {directory.name} cannot be read as Parquet: {error}") from error
    columns = {name: normalised(table[name], name=name, source=directory.name) for name in table.column_names}
    return pa.table(columns)


def write_part(table: pa.Table, directory: Path) -> None:
    """One table as the only part of a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.combine_chunks(), directory / "part-00000.parquet", compression="zstd")


def columns_of_table(table: pa.Table, fields: Iterable[Field]) -> dict[str, Column]:
    """The table's columns in the encoder's form; DataRefused when one is absent or of another kind."""
    return {field.name: _column(table, field) for field in fields}


def labels_of(table: pa.Table, name: str) -> Column:
    """The target as Python values."""
    labels = np.empty(table.num_rows, dtype=object)
    labels[:] = table[name].to_pylist()
    return labels


def times_of(table: pa.Table, name: str) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """A timestamp column as datetime64[us]; NaT where the time is missing."""
    return np.asarray(table[name].cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")


def row_at(table: pa.Table, index: int, fields: Iterable[Field]) -> dict[str, Any]:
    """A row as a request would bring it: JSON values, times in ISO 8601."""
    row = {field.name: table[field.name][index].as_py() for field in fields}
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


def _column(table: pa.Table, field: Field) -> Column:
    if field.name not in table.column_names:
        raise DataRefused(f"the rows have no column {field.name}")
    column = table[field.name]
    try:
        if field.type == "category":
            return _texts(column)
        if field.type == "timestamp":
            micros = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
            return _floats(micros) * _SECONDS_PER_TICK
        return _floats(column.cast(pa.int8()) if field.type == "boolean" else column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataRefused(f"column {field.name} holds {column.type} and should be a {field.type}") from error


def _floats(column: pa.ChunkedArray) -> Column:
    numbers = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy()
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _texts(column: pa.ChunkedArray) -> Column:
    encoded = column.combine_chunks().dictionary_encode()
    levels = np.array([*(text(value) for value in encoded.dictionary.to_pylist()), None], dtype=object)
    return np.asarray(levels[encoded.indices.fill_null(len(levels) - 1).to_numpy()], dtype=object)
