"""The summary of one chunk of a table: a few ten thousand rows, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa

from evergreen.errors import DataRefused
from evergreen.profiles.column import ColumnProfile, Kind
from evergreen.profiles.correlation import CORRELATED
from evergreen.profiles.numbers import number_chunk
from evergreen.profiles.spread import Spread
from evergreen.profiles.standardised import StandardisedColumns
from evergreen.profiles.table import Part
from evergreen.profiles.texts import boolean_chunk, text_chunk, timestamp_chunk

Load = Callable[[str], pa.Array]  # a column by its name

ROWS = 262_144  # of a chunk: a column of doubles is two MiB
LARGE = 32 << 20  # bytes of a chunk's largest column, about: long texts make a chunk of fewer rows
MOST_COLUMNS = 2_000  # a profile of more would outweigh many a table


@lru_cache(maxsize=256)
def kind_of(stored: pa.DataType) -> Kind | None:
    """What a column of this type holds; None for types that a profile does not describe."""
    is_ = pa.types
    if is_.is_dictionary(stored):
        return kind_of(stored.value_type)
    if is_.is_integer(stored) or is_.is_floating(stored) or is_.is_decimal(stored):
        return "number"
    if is_.is_timestamp(stored) or is_.is_date(stored):
        return "timestamp"
    if is_.is_string(stored) or is_.is_large_string(stored) or is_.is_string_view(stored):
        return "text"
    if is_.is_boolean(stored):
        return "boolean"
    return "null" if is_.is_null(stored) else None


def check_schema(schema: pa.Schema, *, source: str = "the table") -> None:
    """Refuse repeated names and columns that are not numbers, texts, booleans or times, by name."""
    if len(schema) > MOST_COLUMNS:
        last = schema.names[MOST_COLUMNS]
        raise DataRefused(
            f"{source}: has {len(schema):,} columns, and at most {MOST_COLUMNS:,} are profiled; column {last!r} is the "
            "first beyond. Choose columns, or store wide vectors as their own files"
        )
    for position, name in enumerate(schema.names, start=1):
        if not name.strip():
            raise DataRefused(f"{source}: column {position} has no name")
    repeated = sorted(name for name, count in Counter(schema.names).items() if count > 1)
    if repeated:
        raise DataRefused(f"{source}: more than one column is named {', '.join(repeated)}")
    for field in schema:
        if kind_of(field.type) is None:
            raise DataRefused(
                f"{source}: column {field.name} holds {field.type}; it must be a number, text, boolean or timestamp"
            )


def check_text(name: str, array: pa.Array, source: str, start: int) -> None:
    """DataRefused for the first text that is none; the array's first row is row `start` + 1 of its source."""
    try:
        (array.dictionary if pa.types.is_dictionary(array.type) else array).validate(full=True)
    except pa.ArrowInvalid as error:
        texts = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        for row, value in enumerate(texts.cast(pa.large_binary()).to_pylist(), start=start + 1):
            if value is not None and value.decode(errors="replace").encode() != value:
                raise DataRefused(f"{source}: column {name}, row {row:,}: is not UTF-8 text") from error
        raise


def empty_part(schema: pa.Schema) -> Part:
    """The summary of no rows: what the columns are called and hold."""
    columns = [ColumnProfile(name=field.name, kind=kind_of(field.type) or "null", count=0) for field in schema]
    return Part(0, tuple(columns))


def chunk_part(batch: pa.RecordBatch, *, source: str = "the table", start: int = 0, whole: bool = True) -> Part:
    """The summary of one chunk's rows, the first of which is row `start` + 1 of its source.

    Without `whole` it lacks correlations, and how many values of a column of fractions are distinct.
    """
    rows, schema = batch.num_rows, batch.schema
    return columns_part(schema, batch.column, rows, source=source, start=start, correlations=whole, distinct=whole)


def columns_part(
    schema: pa.Schema,
    load: Load,
    rows: int,
    *,
    source: str,
    start: int,
    correlations: bool = True,
    distinct: bool = True,
    owned: bool = False,
    spread: Spread = map,
) -> Part:
    """The summary of one chunk's rows, column by column; `load` reads a column, `spread` may do several at a time.

    It may lack `correlations`, or how many values of a column of fractions are `distinct`.
    Columns that are `owned` may be sorted where they lie.
    """
    numbers = [field.name for field in schema if kind_of(field.type) == "number"]
    together = StandardisedColumns(numbers[:CORRELATED], rows) if correlations else None

    def summary(name: str) -> ColumnProfile:
        array = load(name)
        if kind_of(array.type) == "text":
            check_text(name, array, source, start)
        return _column(name, array, together, source=source, distinct=distinct, owned=owned)

    profiles = tuple(spread(summary, schema.names))
    return Part(rows, profiles, together.co_moments(spread) if together else None)


def _column(
    name: str, array: pa.Array, together: StandardisedColumns | None, *, source: str, distinct: bool, owned: bool
) -> ColumnProfile:
    kind = kind_of(array.type)
    if kind == "text":
        return text_chunk(name, array)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if kind == "number":
        return number_chunk(name, array, together, distinct=distinct, owned=owned)
    if kind == "boolean":
        return boolean_chunk(name, array)
    if kind == "timestamp":
        return timestamp_chunk(name, array, source=source)
    return ColumnProfile(name=name, kind="null", count=len(array), nulls=len(array))
