"""Few column types, so that a schema does not change with the file it came from.

Stored columns are int64, double, bool, string, timestamp[us, tz=UTC], or null when no row has a value. Timestamps
without a zone are UTC.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.exact import check_exact, doubles, misfit
from evergreen.errors import DataRefused
from evergreen.project.schema import ColumnType
from evergreen.validation.redaction import shape

TIMESTAMP = pa.timestamp("us", tz="UTC")
STORED = {str(kind): kind for kind in (pa.int64(), pa.float64(), pa.bool_(), pa.string(), TIMESTAMP, pa.null())}
_DECLARED: dict[ColumnType, pa.DataType] = {
    "number": pa.float64(),
    "category": pa.string(),
    "boolean": pa.bool_(),
    "timestamp": TIMESTAMP,
}
_WANTED = {"number": "a number", "category": "text", "boolean": "true or false", "timestamp": "an ISO 8601 time"}
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_TIME = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$"


def normalised(column: pa.ChunkedArray, *, name: str, source: str, first_row: int = 1) -> pa.ChunkedArray:
    """The column in the stored type that keeps its values; DataRefused where that holds no such value."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        return normalised(column, name=name, source=source, first_row=first_row)
    stored = _stored_type(kind)
    if pa.types.is_binary(kind):
        raise DataRefused(f"{source}: column {name} holds bytes that are not UTF-8 text; save the file as UTF-8")
    if stored is None:
        raise DataRefused(f"{source}: column {name} holds {kind}; it must be a number, text, boolean or timestamp")
    try:
        if pa.types.is_decimal(kind):
            return doubles(column, name=name, source=source, first_row=first_row)
        return _to_utc(column) if stored == TIMESTAMP else column.cast(stored)
    except pa.ArrowInvalid as error:
        row = misfit(column, stored)
        first = "" if row is None else f", the first in row {row + first_row:,}"
        raise DataRefused(
            f"{source}: column {name} holds {kind} values that do not fit into {stored}{first}{_instead(kind)}"
        ) from error


def is_coded(kind: pa.DataType) -> bool:
    """Whether texts are places in a dictionary, as a reader hands them on until the rows are cut."""
    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))


def spelled(table: pa.Table) -> pa.Table:
    """The table with its coded texts spelled out."""
    return table.cast(spelled_schema(table.schema))


def spelled_schema(schema: pa.Schema) -> pa.Schema:
    """The schema with its coded texts as texts."""
    return pa.schema([(field.name, field.type.value_type if is_coded(field.type) else field.type) for field in schema])


def declared(
    column: pa.ChunkedArray,
    kind: ColumnType,
    *,
    name: str,
    source: str,
    first_row: int = 1,
) -> pa.ChunkedArray:
    """A normalised column in its declared type; DataRefused names the first row that cannot be one."""
    if kind == "id" or column.type == _DECLARED[kind]:
        return column
    if kind == "number":
        check_exact(column, name=name, source=source, first_row=first_row)
    column = _without_blanks(column)
    converted = _converted(column, kind)
    if converted is None:
        raise DataRefused(f"{source}: column {name} is declared as {kind} and holds {column.type}")
    lost = pc.and_(pc.is_null(converted), pc.is_valid(column))
    if pc.any(lost).as_py():
        row = pc.index(lost, True).as_py()
        told = shape(str(column[row].as_py()))
        raise DataRefused(f"{source}: column {name}, row {row + first_row:,}: {told} is not {_WANTED[kind]}")
    return converted


def _instead(kind: pa.DataType) -> str:
    if pa.types.is_uint64(kind):
        return "; declare the column as an id"
    return "; round them to microseconds" if pa.types.is_timestamp(kind) and kind.unit == "ns" else ""


def _without_blanks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Empty texts and NaN are missing values, in whatever type they should become."""
    if pa.types.is_string(column.type):
        return pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def _stored_type(kind: pa.DataType) -> pa.DataType | None:
    is_ = pa.types
    if is_.is_integer(kind):
        return pa.int64()
    if is_.is_floating(kind) or is_.is_decimal(kind):
        return pa.float64()
    if is_.is_string(kind) or is_.is_large_string(kind) or is_.is_string_view(kind):
        return pa.string()
    if is_.is_timestamp(kind) or is_.is_date(kind):
        return TIMESTAMP
    return kind if is_.is_boolean(kind) or is_.is_null(kind) else None


def _to_utc(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        return column.cast(TIMESTAMP)
    times = column.cast(pa.timestamp("us"))
    return pa.chunked_array([chunk.view(TIMESTAMP) for chunk in times.chunks], TIMESTAMP)


def _converted(column: pa.ChunkedArray, kind: ColumnType) -> pa.ChunkedArray | None:
    """The column in the type declared as `kind`, null where a value cannot be; None when no value can."""
    found, wanted = column.type, _DECLARED[kind]
    if pa.types.is_null(found):
        return column.cast(wanted)
    if kind == "category":
        return column.cast(wanted)
    if pa.types.is_string(found):
        return _parsed(column, kind)
    if kind == "number" and (pa.types.is_integer(found) or pa.types.is_boolean(found)):
        return column.cast(wanted, safe=False)
    if kind == "boolean" and (pa.types.is_integer(found) or pa.types.is_floating(found)):
        known = pc.is_in(column, pa.array([0, 1], found))
        return pc.if_else(known, column.cast(pa.bool_()), pa.scalar(None, pa.bool_()))
    return None


def _parsed(column: pa.ChunkedArray, kind: ColumnType) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column)
    if kind == "boolean":
        lower = pc.utf8_lower(text)
        known = pc.is_in(lower, pa.array(["true", "false", "0", "1"]))
        return pc.if_else(known, lower, pa.scalar(None, pa.string())).cast(pa.bool_())
    pattern = _NUMBER if kind == "number" else _TIME
    readable = pc.if_else(pc.match_substring_regex(text, pattern), text, pa.scalar(None, pa.string()))
    return _nulls_for_invalid(readable, _DECLARED[kind])


def _nulls_for_invalid(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Parse all at once; only a file that holds an impossible value (`2013-02-30`) is parsed one by one."""
    try:
        return _cast_text(column, wanted)
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.array([_one(value, wanted) for value in column], wanted)])


def _cast_text(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    return (_completed(column) if wanted == TIMESTAMP else column).cast(wanted)


def _completed(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times with a time of day and a zone: midnight and UTC where the text has none."""
    dated = _with_suffix(times, "T00:00:00Z", where=pc.equal(pc.utf8_length(times), len("2013-01-01")))
    zoned = pc.match_substring_regex(dated, r"(Z|[+-]\d\d:?\d\d)$")
    return _with_suffix(dated, "Z", where=pc.invert(zoned))


def _with_suffix(texts: pa.ChunkedArray, suffix: str, *, where: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(where, pc.binary_join_element_wise(texts, suffix, ""), texts)


def _one(value: pa.Scalar, wanted: pa.DataType) -> object:
    try:
        return _cast_text(pa.chunked_array([[value.as_py()]], pa.string()), wanted)[0].as_py()
    except pa.ArrowInvalid:
        return None
