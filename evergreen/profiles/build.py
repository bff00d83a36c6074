"""Profiles from tables."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.profiles.column import TOP_VALUES, ColumnProfile, Kind, Value, most_frequent
from evergreen.profiles.table import TableProfile

_LONGEST_VALUE = 100  # characters; longer texts are counted, not kept


def profile(table: pa.Table) -> TableProfile:
    """The profile of a table in stored types."""
    columns = [_column(name, table[name]) for name in table.column_names]
    return TableProfile(rows=table.num_rows, columns=tuple(columns))


def _column(name: str, column: pa.ChunkedArray) -> ColumnProfile:
    kind, nulls = _kind(column.type), column.null_count
    present = column.drop_null()
    usable = present.filter(pc.is_finite(present)) if kind == "number" else present
    summary: dict[str, Any] = {"nulls": nulls, "nans": len(present) - len(usable)}
    if len(usable):
        summary |= _range(usable, kind) | _moments(usable, kind) | _top(usable, kind)
    return ColumnProfile(name=name, kind=kind, count=len(column), **summary)


def _kind(stored: pa.DataType) -> Kind:
    if pa.types.is_integer(stored) or pa.types.is_floating(stored):
        return "number"
    if pa.types.is_timestamp(stored):
        return "timestamp"
    if pa.types.is_boolean(stored):
        return "boolean"
    return "null" if pa.types.is_null(stored) else "text"


def _range(usable: pa.ChunkedArray, kind: Kind) -> dict[str, Value]:
    if kind == "text":
        return {}
    found = pc.min_max(usable).as_py()
    return {name: _plain(value) for name, value in found.items()}


def _moments(usable: pa.ChunkedArray, kind: Kind) -> dict[str, float]:
    if kind != "number":
        return {}
    mean, m2 = float(pc.mean(usable).as_py()), float(pc.variance(usable).as_py()) * len(usable)
    return {"mean": mean, "m2": m2} if math.isfinite(mean) and math.isfinite(m2) else {}


def _top(usable: pa.ChunkedArray, kind: Kind) -> dict[str, Any]:
    if kind == "timestamp":
        return {"others": len(usable)}
    found = pc.value_counts(usable)
    table = pa.table({"value": found.field(0), "count": found.field(1)})
    if kind == "text":
        table = table.filter(pc.less_equal(pc.utf8_length(table["value"]), _LONGEST_VALUE))
    if table.num_rows > TOP_VALUES:
        order = [("count", "descending"), ("value", "ascending")]
        table = table.take(pc.select_k_unstable(table, TOP_VALUES, order))
    counts: Counter[Value] = Counter(dict(zip(*(column.to_pylist() for column in table.columns), strict=True)))
    top, _ = most_frequent(counts)
    return {"top": top, "others": len(usable) - sum(count for _, count in top)}


def _plain(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    found: Value = value
    return found
