"""CSV and JSON Lines, whose types are inferred while they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from evergreen.profiles.csv_files import LongRow, read_csv
from evergreen.profiles.files import Misfit, format_of
from evergreen.profiles.json_files import read_json

_T = TypeVar("_T")


def read_text(path: Path, columns: Sequence[str] | None, work: Callable[[Iterator[pa.RecordBatch]], _T]) -> _T:
    """What `work` makes of a file's batches, from the start again with a wider type whenever a value does not fit, or
    in larger blocks when a row does not: memory stays that of a few blocks.
    """
    reader = read_csv if format_of(path) == "csv" else read_json
    types: dict[str, pa.DataType] = {}
    while True:
        try:
            return work(reader(path, columns, types))
        except Misfit as misfit:
            types[misfit.column] = misfit.wider
        except LongRow:
            reader = partial(read_csv, long_rows=True)
