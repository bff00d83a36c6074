"""Data files as tables: read, checked against the project, and written as the objects of a dataset."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from evergreen.data.manifest import ManifestColumn
from evergreen.data.target import target_of
from evergreen.data.types import declared, normalised
from evergreen.errors import DataRefused
from evergreen.project.schema import ColumnType, Project

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
    _check_names(table.column_names, source)
    if table.num_rows == 0:
        raise DataRefused(f"{source}: the file has no rows")
    _check_present(table.column_names, project, source)
    kinds = _declared_types(project)
    columns = []
    for name in table.column_names:
        column = normalised(table[name], name=name, source=source)
        columns.append(declared(column, kinds[name], name=name, source=source) if name in kinds else column)
    result = pa.table(dict(zip(table.column_names, columns, strict=True)))
    _check_target(result, project, source)
    return result


def concatenated(tables: Sequence[pa.Table], *, source: str) -> pa.Table:
    """The tables below each other: missing columns are null, integers and fractions become fractions."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataRefused(f"{source}: its parts do not fit below each other: {error}") from error


def manifest_columns(table: pa.Table) -> list[ManifestColumn]:
    """The table's columns as a manifest lists them; nullable when a value is missing."""
    return [
        ManifestColumn(name=field.name, type=str(field.type), nullable=_has_missing(table[field.name]))
        for field in table.schema
    ]


def to_parquet(table: pa.Table) -> bytes:
    """The table as one Parquet object; equal tables give equal bytes."""
    sink = BytesIO()
    pq.write_table(table.combine_chunks().replace_schema_metadata(None), sink, compression="zstd")
    return sink.getvalue()


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
    """Declared categories stay as they are written (`007`); `NA`, `null` and empty fields are missing values."""
    packed = path.name.lower().endswith(".gz")
    block = _MAX_CSV_BLOCK if packed else min(max(path.stat().st_size, 1 << 16), _MAX_CSV_BLOCK)
    texts = {name: pa.string() for name, kind in _declared_types(project).items() if kind == "category"}
    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(block_size=block, use_threads=False),
        convert_options=pa_csv.ConvertOptions(strings_can_be_null=True, column_types=texts),
    )


def _read_parquet(path: Path) -> pa.Table:
    """The table as it was before pandas stored its row labels beside it."""
    table = pq.ParquetFile(path).read()
    return table.drop_columns([name for name in table.column_names if _PANDAS_INDEX.match(name)])


def _check_names(names: Sequence[str], source: str) -> None:
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise DataRefused(
                f"{source}: column {position} has no name; if it is a DataFrame's index, write the file without it"
            )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataRefused(f"{source}: more than one column is named {', '.join(repeated)}")


def _check_present(names: Sequence[str], project: Project, source: str) -> None:
    target = target_of(project)
    if target.column not in names:
        needed = f", which the target {project.target.name} is computed from" if target.operator else ", the target"
        raise DataRefused(f"{source}: has no column {target.column}{needed}; it has {', '.join(names)}")
    needs = [*project.data.columns, *([project.data.time] if project.data.time else []), *project.data.key]
    missing = [name for name in dict.fromkeys(needs) if name not in names and name != project.target.name]
    if missing:
        raise DataRefused(f"{source}: the project names columns that this file has not: {', '.join(missing)}")


def _declared_types(project: Project) -> dict[str, ColumnType]:
    kinds: dict[str, ColumnType] = {name: column.type for name, column in project.data.columns.items()}
    if project.data.time:
        kinds[project.data.time] = "timestamp"
    return kinds


def _check_target(table: pa.Table, project: Project, source: str) -> None:
    target = target_of(project)
    column = table[target.column]
    if column.null_count == len(column):
        raise DataRefused(f"{source}: column {target.column} has no values, so no row has a target")
    if target.operator is None:
        return
    kind = column.type
    fits = pa.types.is_string(kind) if isinstance(target.value, str) else _is_number(kind)
    if not fits:
        raise DataRefused(
            f"{source}: column {target.column} holds {kind}, and the target is {project.target.expression}"
        )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _has_missing(column: pa.ChunkedArray) -> bool:
    if column.null_count:
        return True
    return bool(pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py())
