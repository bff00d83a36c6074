"""Rules on rows that are about to join a dataset: judged on the stream that stores them, and against what is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from evergreen.data.canonical import digest
from evergreen.data.commits import Content
from evergreen.data.exact import exactly
from evergreen.data.keys import object_key
from evergreen.data.manifest import DataObject, Manifest, NewFiles
from evergreen.data.pieces import Streamed
from evergreen.data.reading import Rows
from evergreen.data.store import Store
from evergreen.data.tables import from_parquet
from evergreen.data.types import STORED, spelled
from evergreen.errors import RulesBroken
from evergreen.profiles.chunks import ROWS
from evergreen.validation.expectation import Expectation
from evergreen.validation.figure_rules import RowCount
from evergreen.validation.judge import Judge, concluded
from evergreen.validation.key_rules import Unique
from evergreen.validation.keys import Keys, keys_of
from evergreen.validation.report import Result
from evergreen.validation.scan import Look, Scan
from evergreen.validation.values import Values

_AHEAD = 3  # stretches that wait for the thread that judges
_READERS = 4


class Judging:
    """The rules of one project on the rows of one source."""

    def __init__(self, judge: Judge, rows: Rows) -> None:
        self._judge = replace(judge, whole=False)
        self._rows = rows
        self._scan = self._judge.scan(rows.schema, name=rows.source)

    def watch(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """The tables again; another thread judges them meanwhile."""
        waiting: deque[Future[Look]] = deque()
        start = 0
        with ThreadPoolExecutor(1) as pool:
            for table in tables:
                for batch in spelled(table).to_batches(max_chunksize=ROWS):
                    waiting.append(pool.submit(self._scan.look, batch.column, batch.num_rows, start))
                    start += batch.num_rows
                while len(waiting) > _AHEAD:
                    self._scan.add(waiting.popleft().result())
                yield table
            while waiting:
                self._scan.add(waiting.popleft().result())

    def concluded(self, content: Content, store: Store, head: Manifest | None, mode: NewFiles) -> Content:
        """The content with its report; RulesBroken when it breaks a rule that refuses data."""
        joined = head if mode == "append" else None
        if joined is not None:
            stored = [item for item in joined.objects if item not in set(content.objects)]
            _remember_keys(self._scan, store, stored)
        report = concluded(self._scan, again=lambda _: self._rows.tables())
        if report.violations:
            raise RulesBroken(report)
        told = tuple(result.sentence for result in report.warnings)
        rows = content.rows + (joined.rows if joined else 0)
        counts = [_counted(each, rows) for each in self._judge_counts()]
        report = replace(report, results=(*report.results, *counts))
        return replace(content, warnings=told, beside=judged_beside(self._judge, head, mode), report=report)

    def _judge_counts(self) -> list[RowCount]:
        every = replace(self._judge, whole=True).expectations(self._rows.schema.names)
        return [each for each in every if isinstance(each, RowCount)]


def judged_together(content: Content, store: Store, head: Manifest | None, mode: NewFiles, judge: Judge) -> Content:
    """Additions as one, judged as they join the head: each was judged alone, and maybe beside an earlier one."""
    schema = pa.schema([(column.name, STORED[column.type]) for column in content.columns])

    def part(item: DataObject) -> Iterator[pa.Table]:
        yield from_parquet(store.get(object_key(item.sha256)))

    name = content.source.name
    pieces = [Streamed(name, schema, item.rows, item.size, partial(part, item)) for item in content.objects]
    rows = Rows(name, schema, pieces)
    judging = Judging(judge, rows)
    for _ in judging.watch(rows.tables()):
        pass
    return judging.concluded(content, store, head, mode)


def rules_digest(judge: Judge) -> str:
    """The hash of everything that decides whether rows are refused, but for the time and what is there already."""
    data = judge.project.data
    return digest([data.model_dump(mode="json", by_alias=True), judge.project.target.model_dump(mode="json")])


def judged_beside(judge: Judge, head: Manifest | None, mode: NewFiles) -> str | None:
    """The id of the version whose keys the rows were compared with, empty for none; None when no rule compares them."""
    return (head.id if head else "") if mode == "append" and _has_keys(judge) else None


def depends_on_more(judge: Judge, head: Manifest | None, mode: NewFiles) -> bool:
    """Whether the verdict on the same rows may be another one today."""
    fresh = judge.project.data.rules.fresh is not None
    return fresh or (head is not None and mode == "append" and _has_keys(judge))


def _has_keys(judge: Judge) -> bool:
    rules = judge.project.data.rules
    return bool(rules.unique) or any("unique" in check.rule for check in rules.checks)


def _counted(expectation: RowCount, rows: int) -> Result:
    """Rules about a whole version refuse a training run, not the rows that make it grow.

    How many of the rows have a target is known of the whole version only.
    """
    every = replace(expectation, target=None)
    return replace(every.result(every.judge(rows)), severity="warning")


def _remember_keys(scan: Scan, store: Store, stored: Sequence[DataObject]) -> None:
    """Let the rules of uniqueness know the keys of the rows that the new ones will join."""

    def known(each: Expectation) -> Expectation:
        if not isinstance(each, Unique) or any(name not in scan.schema.names for name in each.key):
            return each
        with ThreadPoolExecutor(_READERS) as pool:
            found = list(pool.map(lambda item: _keys(store, item, each.key, scan.schema), stored))
        return replace(each, known=np.concatenate([np.empty(0, np.uint64), *found]))

    scan.expectations = tuple(map(known, scan.expectations))


def _keys(store: Store, item: DataObject, key: Sequence[str], schema: pa.Schema) -> Keys:
    """The keys of one part, in the types of the new rows: 1 and 1.0 are one key."""
    table = from_parquet(store.get(object_key(item.sha256)), key)
    if any(name not in table.column_names or pa.types.is_null(schema.field(name).type) for name in key):
        return np.empty(0, np.uint64)  # a column that came later is null in these rows; where it is null is no key
    columns = [exactly(table[name], schema.field(name).type).combine_chunks() for name in key]
    arrays = [each.combine_chunks() if isinstance(each, pa.ChunkedArray) else each for each in columns]
    return keys_of([Values(array) for array in arrays])[0]
