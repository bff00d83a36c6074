"""From a file, a folder or a table to content in the store: what is known already is not read again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from evergreen.data import flag
from evergreen.data.canonical import digest
from evergreen.data.commits import Content
from evergreen.data.compatibility import combined
from evergreen.data.cutting import LARGEST_PART, first, kept_part_rows, largest_part_rows
from evergreen.data.earlier import Earlier, Known
from evergreen.data.hashing import hashing
from evergreen.data.ids import as_held
from evergreen.data.ingest import Ingest
from evergreen.data.joining import Joining
from evergreen.data.judging import Judging
from evergreen.data.manifest import Manifest, ManifestColumn, NewFiles, Source
from evergreen.data.parts import Part
from evergreen.data.reading import Rows, open_rows, table_rows
from evergreen.data.sources import found_files, left_out, source_name, source_of
from evergreen.data.stat_cache import StatCache
from evergreen.data.wanted import Wanted
from evergreen.validation.judge import Judge

_SAMPLE_ROWS, _SAMPLE_BYTES = 1 << 16, 64 << 20
_MANY_FILES, _SMALL_FILE = 1_000, 1 << 20


def prepared(
    ingest: Ingest,
    head: Manifest | None,
    path: Path,
    joining: Joining,
    *,
    mode: NewFiles,
    cache: StatCache,
    whole: bool,
    judge: Judge | None = None,
) -> Content:
    """The content of a file or a folder; RulesBroken when its rows break a rule of the judge's project."""
    wanted = joining.wanted
    begun = flag.begun(ingest.store)
    passed_over: list[str] = []
    files = found_files(path, passed_over)
    tables = [] if whole else [file for file in files if file.is_table]
    others = [file.name for file in files if not file.is_table] if tables else []
    marked = partial(replace, epoch=begun, left_out=left_out(others, sorted(passed_over)))
    with hashing(tables or files, cache, ingest.progress) as hashed:
        if not tables:
            found = hashed.result()
            return marked(ingest.files(files, found, source_of(path, files, found)))
        earlier = Earlier(ingest, head, path, tables, joining, mode, judge, hashed)
        if earlier.known is not None:
            return marked(earlier.known)
        read = open_rows(tables, wanted, source=source_name(path), read=hashed.read)
        if earlier.known is not None:
            return marked(earlier.known)
        rows = as_held(read, head if mode == "append" else None, wanted.ids)
        rows = joining.joined(rows, earlier.source) if wanted.joins else earlier.unless_known(rows)
        try:
            content = _stored(ingest, rows, wanted, head=head, mode=mode, files=len(tables), judge=judge)
        except Known as known:
            return marked(known.content)
        content = replace(content, source=earlier.source)
    for file in tables:
        file.check_unchanged()
    ingest.remember(content, wanted, earlier.rules)
    return marked(content)


def prepared_table(
    ingest: Ingest,
    head: Manifest | None,
    table: pa.Table,
    *,
    mode: NewFiles,
    source: str,
    judge: Judge | None = None,
) -> Content:
    """The content of a table in stored types; it is known by its rows."""
    begun = flag.begun(ingest.store)
    said = Source(name=source, sha256=digest(Part.of(table).content))
    rows = table_rows(table, source=source)
    content = _stored(ingest, rows, Wanted(), head=head, mode=mode, files=1, judge=judge)
    return replace(content, source=said, epoch=begun)


def target_rows(rows: Rows, files: int, head: Manifest | None, *, append: bool) -> int:
    """The rows of a part: the head's where they still suit, so that both versions share parts."""
    row_size = _held_row_size(head) if head and append else None
    if row_size is None:
        sample = first(rows.tables(coded=True), _SAMPLE_ROWS, _SAMPLE_BYTES)
        row_size = len(Part.of(sample).to_bytes()) / sample.num_rows
    if files >= _MANY_FILES and rows.size < _SMALL_FILE * files:
        return largest_part_rows(row_size)
    before = head.part_rows if head else None
    count = rows.count + (head.rows if head and append else 0)
    target = kept_part_rows(before, rows=count, size=count * row_size)
    return max(target, before) if before and append and before * row_size <= 2 * LARGEST_PART else target


def _held_row_size(head: Manifest) -> float | None:
    """The bytes of a stored row, where there are enough of them to tell."""
    return sum(item.size for item in head.objects) / head.rows if head.rows >= _SAMPLE_ROWS else None


def _stored(
    ingest: Ingest,
    rows: Rows,
    wanted: Wanted,
    *,
    head: Manifest | None,
    mode: NewFiles,
    files: int,
    judge: Judge | None,
) -> Content:
    """Rows that cannot join the head are refused before any of them is stored. Who calls tells their source's hash."""
    if head is not None and mode == "append":
        new = [ManifestColumn(name=field.name, type=str(field.type), nullable=True) for field in rows.schema]
        combined(head.columns, new, source=rows.source)
    target = target_rows(rows, files, head, append=mode == "append")
    if judge is None:
        return ingest.table(rows, wanted, target=target, head=head)
    judging = Judging(judge, rows)
    content = ingest.table(rows, wanted, target=target, head=head, watch=judging.watch)
    return judging.concluded(content, ingest.store, head, mode)
