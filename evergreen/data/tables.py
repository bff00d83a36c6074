"""Data files as tables: read, checked against the project, and written as the objects of a dataset."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from evergreen.data.csv_text import CheckedFile
from evergreen.data.exact import check_spelled, rounded
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused
from evergreen.project.schema import Project

_SUFFIXES = (".csv", ".csv.gz", ".parquet", ".pq")
_PANDAS_INDEX = re.compile(r"^__index_level_\d+__$")
_MAX_CSV_BLOCK = 1 << 30  # types are inferred from the first block, so the block is the whole file


def read_files(path: str | Path, project: Project) -> pa.Table:
    """The rows of a CSV or Parquet file, or of a directory of them; DataRefused names the file and the place."""
    path = Path(path)
    if not path.is_dir():
        return read_file(path, project)
    files = data_files(path)
    if not files:
        raise DataRefused(f"{path.name}: the directory holds no CSV or Parquet file")
    return concatenated([read_file(file, project) for file in files], source=path.name)


def read_file(path: str | Path, project: Project) -> pa.Table:
    """The rows of one CSV or Parquet file, in stored types."""
    path = Path(path)
    return conformed(_read(path, project), project, source=path.name)


def data_files(path: Path) -> list[Path]:
    """The CSV and Parquet files of a directory, by name; a file stands for itself."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and file.name.lower().endswith(_SUFFIXES))


def conformed(table: pa.Table, project: Project, *, source: str) -> pa.Table:
    """The table in stored types, with every column that the project needs; DataRefused says what is wrong."""
    wanted = Wanted.of(project)
    check_names(table.column_names, source)
    if table.num_rows == 0:
        raise DataRefused(f"{source}: the file has no rows")
    wanted.check_columns(table.column_names, source)
    result = wanted.stored(table, source=source)
    wanted.check_target(result.schema, source)
    if wanted.target_column not in wanted.joined:
        wanted.check_labels(result.num_rows, result[wanted.target_column].null_count, source)
    return result


def concatenated(tables: Sequence[pa.Table], *, source: str) -> pa.Table:
    """The tables below each other: missing columns are null, integers and fractions become fractions."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataRefused(f"{source}: its parts do not fit below each other: {error}") from error


def from_parquet(content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """An object as a table, with those of `columns` that it has."""
    source = pq.ParquetFile(pa.BufferReader(content))
    known = set(source.schema_arrow.names)
    return source.read(columns=None if columns is None else [name for name in columns if name in known])


def _read(path: Path, project: Project) -> pa.Table:
    name = path.name.lower()
    if not path.is_file():
        raise DataRefused(f"{path}: there is no such file")
    if not name.endswith(_SUFFIXES):
        raise DataRefused(f"{path.name}: is neither CSV nor Parquet; known endings: {', '.join(_SUFFIXES)}")
    if path.stat().st_size == 0:
        raise DataRefused(f"{path.name}: the file is empty")
    kind = "CSV" if name.endswith((".csv", ".csv.gz")) else "Parquet"
    try:
        return _read_csv(path, project) if kind == "CSV" else _read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0].replace(str(path), path.name)
        raise DataRefused(f"{path.name}: cannot be read as {kind}: {reason}") from error


def _read_csv(path: Path, project: Project) -> pa.Table:
    """Declared categories and ids stay as written (`007`); `NA`, `null` and empty fields are missing values."""
    packed = path.name.lower().endswith(".gz")
    block = _MAX_CSV_BLOCK if packed else min(max(path.stat().st_size, 1 << 16), _MAX_CSV_BLOCK)
    wanted = Wanted.of(project)

    def read(texts: Sequence[str]) -> pa.Table:
        types = dict.fromkeys(texts, pa.string())
        return pa_csv.read_csv(
            CheckedFile(path),
            read_options=pa_csv.ReadOptions(block_size=block, use_threads=False),
            convert_options=pa_csv.ConvertOptions(strings_can_be_null=True, column_types=types),
        )

    table = read(wanted.texts)
    check_names(table.column_names, path.name)
    if long := rounded(table, wanted.kinds):
        check_spelled(read([*wanted.texts, *long]).select(long), source=path.name)
    return table


def _read_parquet(path: Path) -> pa.Table:
    """The table as it was before pandas stored its row labels beside it."""
    table = pq.ParquetFile(path).read()
    return table.drop_columns([name for name in table.column_names if _PANDAS_INDEX.match(name)])
