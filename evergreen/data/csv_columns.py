"""How arrow reads the columns of CSV: what is missing, and what stays as it is written."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv as pa_csv

from evergreen.data.wanted import Wanted

MANY_LINES = pa_csv.ParseOptions(newlines_in_values=True)
Types = dict[str, pa.DataType]


def options(types: Types, columns: list[str] | None = None) -> pa_csv.ConvertOptions:
    """Known types of columns, and the columns wanted; none are all."""
    return pa_csv.ConvertOptions(strings_can_be_null=True, column_types=types, include_columns=columns or [])


def texts_of(wanted: Wanted) -> Types:
    """The types of the columns that stay as they are written."""
    return dict.fromkeys(wanted.texts, pa.string())


def is_read_as_text(kind: pa.DataType) -> bool:
    """Of the types that arrow suggests: bytes, and times of day, which no stored type holds."""
    return bool(pa.types.is_binary(kind) or pa.types.is_time(kind))
