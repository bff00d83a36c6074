"""The report on data files, each read once: Parquet by columns on both cores, others as a commit reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from evergreen.data.exact import EXACT, is_rounded
from evergreen.data.reading import Rows, open_rows
from evergreen.data.sources import PARQUET, Progress, SourceFile, found_files, silent
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.profiles.chunks import kind_of
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.parquet_files import ParquetSource
from evergreen.profiles.table import TableProfile
from evergreen.validation.figure_rules import HOLDS, ColumnSet
from evergreen.validation.judge import Again, Judge, completed, concluded
from evergreen.validation.report import Finding, ValidationReport
from evergreen.validation.scan import Scan

THREADS = 2
_JOINED = Finding(None, "not in the file: a commit joins and judges it")


def judge_path(judge: Judge, path: Path, *, threads: int = THREADS, progress: Progress = silent) -> ValidationReport:
    """The report on a file, or on a folder's files as one table; DataRefused for what cannot be read at all."""
    files = [file for file in found_files(path) if file.is_table]
    if not files:
        raise DataRefused(f"{path.name}: holds no CSV, JSON Lines or Parquet file")
    if len(files) == 1 and files[0].name.lower().endswith(PARQUET):
        source = ParquetSource(files[0].path)
        if _is_as_stored(judge, source):
            return _parquet(judge, files[0], source, threads)
    return _rows(judge, open_rows(files, _types_only(judge), source=path.name), progress)


def _is_as_stored(judge: Judge, source: ParquetSource) -> bool:
    """Whether a commit would judge the same values: others are converted, rounded or refused first."""
    schema = source.schema
    rounded = any(is_rounded(kind) for kind in schema.types)
    return not rounded and _fits(judge, schema) and not _has_long_numbers(judge, source)


def _fits(judge: Judge, schema: pa.Schema) -> bool:
    """Whether the columns hold what is declared without being converted first."""
    for name, declared in Wanted.of(judge.project).kinds.items():
        kind = kind_of(schema.field(name).type) if name in schema.names else None
        if kind is not None and kind != "null" and kind not in HOLDS[declared]:
            return False
    return True


def _has_long_numbers(judge: Judge, source: ParquetSource) -> bool:
    """Whether the footer shows whole numbers beyond those that a declared number keeps: a commit may refuse them."""
    numbers = [name for name, kind in Wanted.of(judge.project).kinds.items() if kind == "number"]
    for known in (each for name in numbers for each in source.statistics(name)):
        if known is None or not known.has_min_max or isinstance(known.max, float):
            continue
        if max(-known.min, known.max) > EXACT:
            return True
    return False


def _may_be_of(column: ColumnProfile, known: Sequence[Any]) -> bool:
    """Whether the row groups' statistics count as many nulls, and of numbers show the same range, where they tell."""
    if not all(each is not None and each.has_null_count for each in known):
        return True
    if sum(each.null_count for each in known) != column.nulls:
        return False
    ranged = [each for each in known if each.has_min_max and isinstance(each.min, int | float)]
    unranged = sum(each.num_values for each in known) - sum(each.num_values for each in ranged)
    if column.kind != "number" or column.nans or column.infinities or unranged or not ranged:
        return True
    return (min(each.min for each in ranged), max(each.max for each in ranged)) == (column.min, column.max)


def scan_parquet(scan: Scan, path: Path, *, threads: int = THREADS) -> None:
    """Take a Parquet file's rows; only the columns that a rule reads are read."""
    source = ParquetSource(path, scan.columns)

    with ThreadPoolExecutor(threads) as pool:
        for looks in pool.map(lambda unit: list(source.each(unit, scan.look)), source.units()):
            for look in looks:
                scan.add(look)


def judge_profiled(judge: Judge, path: Path, profile: TableProfile, *, threads: int = THREADS) -> ValidationReport:
    """The report on a Parquet file that was profiled before: rows are read for open rules only.

    A file whose values a commit stores as others is read as a whole.
    """
    source = ParquetSource(path)
    same = tuple(profile.columns) == tuple(source.schema.names) and profile.rows == source.rows
    if not same or not all(_may_be_of(each, source.statistics(name)) for name, each in profile.columns.items()):
        raise DataRefused(f"{path.name}: the profile is of other data; profile the file again")
    if not _is_as_stored(judge, source):
        return judge_path(judge, path, threads=threads)
    report = judge.on_profile(profile, name=path.name)
    again = _again(path)
    found = completed(report, judge, source.schema, lambda scan: scan_parquet(scan, path, threads=threads), again)
    return _before_joins(judge, source.schema.names, found)


def _parquet(judge: Judge, file: SourceFile, source: ParquetSource, threads: int) -> ValidationReport:
    if not source.rows:
        raise DataRefused(f"{file.name}: the file has no rows")
    scan = judge.scan(source.schema, name=file.name)
    scan_parquet(scan, file.path, threads=threads)
    return _before_joins(judge, source.schema.names, concluded(scan, again=_again(file.path)))


def _before_joins(judge: Judge, names: Sequence[str], report: ValidationReport) -> ValidationReport:
    """The report without a verdict on columns that a commit joins: a file does not have them yet."""
    later = {name for join in judge.project.data.join for name in join.columns} - set(names)
    results = []
    for each, result in zip(judge.expectations(names), report.results, strict=True):
        open_ = later & {*each.columns, getattr(each, "target", None)}
        finding = each.judge((*names, *later)) if isinstance(each, ColumnSet) else _JOINED if open_ else result.finding
        results.append(replace(result, finding=finding))
    return replace(report, results=tuple(results)) if later else report


def _again(path: Path) -> Again:
    def tables(columns: Sequence[str]) -> Iterator[pa.Table]:
        source = ParquetSource(path, columns)
        for unit in source.units():
            yield from source.each(
                unit, lambda load, _rows, _start: pa.table({name: load(name) for name in source.schema.names})
            )

    return tables


def _rows(judge: Judge, rows: Rows, progress: Progress) -> ValidationReport:
    scan = judge.scan(rows.schema, name=rows.source)
    for table in rows.tables(progress):
        scan.table(table)

    def again(_columns: Sequence[str]) -> Iterable[pa.Table]:
        return rows.tables(progress)

    return _before_joins(judge, rows.schema.names, concluded(scan, again=again))


def _types_only(judge: Judge) -> Wanted:
    """The declared types; absent columns are what the report is for."""
    return Wanted(kinds=Wanted.of(judge.project).kinds)
