"""Stores that die or fail at a chosen call, and small versions to put into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.data import flag
from evergreen.data.canonical import sha256
from evergreen.data.commits import CommitResult, Content, Incoming
from evergreen.data.keys import object_key
from evergreen.data.manifest import DataObject, Manifest, ManifestColumn, NewFiles, Source
from evergreen.data.parts import has_missing
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted

CALLS = ("get", "get_with_etag", "put_new", "swap", "put_file", "touch", "exists", "entries", "delete")


class Killed(BaseException):
    """A process that ends here: nothing in the code may catch it."""


class Mortal:
    """A store that dies at its n-th call, before the call is carried out or after it."""

    def __init__(self, store: Any, *, dies_at: int = -1, after: bool = False) -> None:
        self.calls: list[str] = []
        self._store = store
        self._dies_at = dies_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._dying(name, found) if name in CALLS else found

    def _dying(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            dies = len(self.calls) - 1 >= self._dies_at >= 0
            if dies and not (self._after and len(self.calls) - 1 == self._dies_at):
                raise Killed
            result = call(*arguments, **named)
            if dies:
                raise Killed
            return result

        return wrapped


class Interrupted:
    """A store before whose n-th call somebody else acts on it."""

    def __init__(self, store: Any, act: Callable[[], object], *, at: int = -1) -> None:
        self.calls = 0
        self._store = store
        self._act = act
        self._at = at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls - 1 == self._at:
                self._act()
            return found(*arguments, **named)

        return wrapped if name in CALLS else found


def numbers(seed: int, rows: int = 600) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table({"x": random.normal(size=rows), "k": random.integers(0, 9, rows)})


def write(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def commit_file(
    versions: Versions, path: Path, *, mode: NewFiles = "replace", dataset: str = "d", whole: bool = False, day: int = 1
) -> CommitResult:
    content = versions.prepare(dataset, path, Wanted(), mode=mode, cache=StatCache(), whole=whole)
    return versions.publish(dataset, Incoming(content, mode, "m", f"2013-01-{day:02d}T00:00:00Z"))


def commit_parts(versions: Versions, tables: Sequence[pa.Table], *, dataset: str = "d", day: int = 1) -> Manifest:
    """A version of exactly these parts, none of which has a profile."""
    objects = []
    for table in tables:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        body = sink.getvalue().to_pybytes()
        objects.append(DataObject(sha256=sha256(body), size=len(body), rows=table.num_rows))
        versions.store.put_new(object_key(objects[-1].sha256), body)
    source = Source(name="parts", sha256=sha256(str([item.sha256 for item in objects]).encode()))
    columns = combined_columns(tables)
    content = Content(source, tuple(objects), columns, epoch=flag.begun(versions.store))
    versions.publish(dataset, Incoming(content, "replace", "m", f"2013-01-{day:02d}T00:00:00Z"))
    found = versions.head(dataset)
    assert found is not None
    return found


def combined_columns(tables: Sequence[pa.Table]) -> tuple[ManifestColumn, ...]:
    """The columns of all tables; nullable where any table has a null, or not the column."""
    schema = pa.unify_schemas([table.schema for table in tables])
    whole = pa.concat_tables(tables, promote_options="default")
    return tuple(
        ManifestColumn(name=field.name, type=str(field.type), nullable=has_missing(whole[field.name]))
        for field in schema
    )
