"""Values that a stored type does not hold as they are: found, and refused by row instead of being rounded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.errors import DataRefused
from evergreen.profiles.views import as_doubles
from evergreen.project.schema import ColumnType
from evergreen.validation.redaction import shape

EXACT = 1 << 53  # up to here every whole number is a double
_SURE_DIGITS = 15
_WIDEST = 76  # digits of a decimal
_LONG = r"^\s*[+-]?\d{16,}\s*$"


def unrounded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers of types that are not stored, and of which int64 and double do not hold all, as texts."""
    kind = column.type
    wide = pa.types.is_decimal(kind) and kind.scale == 0 and kind.precision > _SURE_DIGITS
    return column.cast(pa.string()) if wide or pa.types.is_uint64(kind) else column


def exactly(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The column in another type; null where that holds no such value: 5.5 is no whole number, 2^53 + 1 no double."""
    if column.type == kind or pa.types.is_null(column.type):
        return column.cast(kind)
    nearest = column.cast(kind, safe=False)
    same = pc.equal(nearest.cast(column.type, safe=False), column)
    if pa.types.is_unsigned_integer(column.type):
        same = pc.and_(same, pc.greater_equal(nearest, 0))  # beyond the largest int64 the bits stay, and are negative
    return pc.if_else(same, nearest, pa.scalar(None, kind))


def is_rounded(kind: pa.DataType) -> bool:
    """Whether a commit takes other values than arrow's own cast, or refuses some."""
    return bool(pa.types.is_decimal(kind) or (pa.types.is_timestamp(kind) and kind.unit == "ns"))


def rounded(table: pa.Table, kinds: Mapping[str, ColumnType]) -> list[str]:
    """The numbers that were read as doubles so large that their digits may have been others."""
    columns = zip(table.column_names, table.columns, strict=True)
    return [name for name, column in columns if kinds.get(name, "number") == "number" and is_large(column)]


def is_large(column: pa.ChunkedArray) -> bool:
    """Whether any of a column's doubles is beyond those between which every whole number is one."""
    if not pa.types.is_floating(column.type):
        return False
    size = pc.abs(column)
    return bool(pc.any(pc.and_(pc.greater_equal(size, EXACT), pc.is_finite(size))).as_py())


def check_exact(column: pa.ChunkedArray, *, name: str, source: str, first_row: int) -> None:
    """DataRefused for a whole number that a double does not hold."""
    if pa.types.is_integer(column.type):
        long = pc.greater(pc.abs(column), EXACT)
    elif pa.types.is_string(column.type):
        long = pc.match_substring_regex(column, _LONG)
    else:
        return
    for row in pc.indices_nonzero(long).to_pylist() if pc.any(long).as_py() else ():
        value = column[row].as_py()
        if Decimal(value) != Decimal(float(value)):
            raise _too_long(value, f"{source}: column {name}, row {row + first_row:,}")


def check_spelled(texts: pa.Table, *, source: str, first_row: int = 1) -> None:
    """DataRefused for a whole number that is another one as a double, in columns of doubles as they are spelled."""
    for name in texts.column_names:
        check_exact(texts[name], name=name, source=source, first_row=first_row)


def doubles(column: pa.ChunkedArray, *, name: str, source: str, first_row: int) -> pa.ChunkedArray:
    """Decimals as the nearest doubles; DataRefused for the first that loses digits before the point."""
    found = as_doubles(column)
    if column.type.precision - column.type.scale > _SURE_DIGITS and is_large(found):
        wide = pa.decimal256(_WIDEST, column.type.scale)
        before, large = column.cast(wide), pc.greater_equal(pc.abs(found), EXACT)
        lost = pc.and_(pc.not_equal(found.cast(wide), before), pc.not_equal(found.cast(pa.string()).cast(wide), before))
        lost = pc.and_(lost, large)
        if pc.any(lost).as_py():
            row = pc.index(lost, True).as_py()
            raise _too_long(column[row].as_py(), f"{source}: column {name}, row {row + first_row:,}")
    return found


def misfit(column: pa.ChunkedArray, kind: pa.DataType) -> int | None:
    """The first row whose value another type does not hold, from 0; None where no row can be told."""
    try:
        row = pc.index(pc.and_(pc.is_null(exactly(column, kind)), pc.is_valid(column)), True).as_py()
    except pa.ArrowInvalid:  # texts of more than 2 GiB together
        return None
    return None if row < 0 else row


def _too_long(value: object, place: str) -> DataRefused:
    return DataRefused(
        f"{place}: {shape(str(value))} has more digits than a number keeps (2^53 is the last that is sure); declare "
        "the column as an id, or leave digits out"
    )
