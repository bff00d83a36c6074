"""Identifiers as a dataset holds them: texts, unless earlier versions hold numbers that these texts spell."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.manifest import Manifest
from evergreen.data.pieces import Streamed
from evergreen.data.reading import Rows, fitted
from evergreen.errors import DataRefused
from evergreen.validation.redaction import shape

_TYPES = {"int64": pa.int64(), "double": pa.float64(), "string": pa.string()}


def as_held(rows: Rows, head: Manifest | None, ids: Collection[str]) -> Rows:
    """The rows with identifiers in the types of `head`; DataRefused names the first text that is no number's own.

    Whole numbers become texts. Texts become numbers where each is spelled as its number is: 007 is not.
    """
    held = {column.name: _TYPES.get(column.type) for column in head.columns if column.name in ids} if head else {}
    schema = rows.schema
    for at, field in enumerate(schema):
        kind = held.get(field.name)
        if field.type == pa.string() and kind in (pa.int64(), pa.float64()):
            _check_numbers(rows, field.name, kind)
        elif (field.type, kind) != (pa.int64(), pa.string()):
            continue
        schema = schema.set(at, field.with_type(kind))
    if schema.equals(rows.schema):
        return rows
    read = partial(_tables, rows, schema)
    return Rows(rows.source, schema, [Streamed(rows.source, schema, rows.count, rows.size, read)])


def _tables(rows: Rows, schema: pa.Schema) -> Iterator[pa.Table]:
    return (fitted(table, schema, source=rows.source) for table in rows.tables())


def _check_numbers(rows: Rows, name: str, kind: pa.DataType) -> None:
    first_row = 1
    for table in rows.tables():
        other = pc.not_equal(table[name], _respelled(table[name], kind))
        if pc.any(other).as_py():
            row = pc.index(other, True).as_py()
            raise DataRefused(
                f"{rows.source}: column {name}, row {row + first_row:,}: {shape(table[name][row].as_py())} is a "
                f"text, and in earlier versions the column holds {kind}; "
                "commit it with replace to start over with texts"
            )
        first_row += table.num_rows


def _respelled(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Each number's own spelling, empty for what is no number."""
    number = pc.match_substring_regex(texts, r"^-?\d{1,18}$")
    return pc.if_else(number, pc.if_else(number, texts, "0").cast(kind).cast(pa.string()), "")
