"""A project with a source, a directory store, and what a person does with them: fetch, land, commit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from evergreen.aws.fetching import Fetched, Fetcher
from evergreen.data.directory import Directory
from evergreen.data.manifest import Watermark
from evergreen.data.versions import Versions
from evergreen.project import Project
from evergreen.project.reader import parse_project
from evergreen.sources.batch import source_identity
from evergreen.sources.commits import BatchCommits, BatchResult
from evergreen.sources.quarantine import Quarantine, Refusal
from evergreen.sources.reading import BATCH_SIZE
from evergreen.times import instant

AS_OF = "2013-04-01T00:00:00Z"
PROJECT = """\
project: shop
target: sold
data:
  dataset: orders
  new_files: %s
  columns: {id: {type: id}, at: {type: timestamp}, amount: {type: number}, sold: {type: boolean}}
  source: %s
"""


def project_of(source: dict[str, Any], *, mode: str = "append") -> Project:
    return parse_project(PROJECT % (mode, json.dumps(source)))


def sqlite_source(path: Path, **changes: Any) -> dict[str, Any]:
    query = "select * from orders where at >= :watermark order by at"
    sql = {"url": f"sqlite:///{path}", "query": query, "watermark": "at", "first": "2013-01-01"}
    return {"sql": sql} | changes


@dataclass
class World:
    """One dataset in one store; `refused` is what the quarantine told."""

    project: Project
    folder: Path
    store: Any
    refused: list[Refusal] = field(default_factory=list)
    most: int = BATCH_SIZE

    @classmethod
    def of(cls, project: Project, folder: Path) -> World:
        return cls(project, folder, Directory(folder / "store"))

    @property
    def versions(self) -> Versions:
        return Versions(self.store, profiles=False)

    @property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.store, "orders", self.refused.append)

    def fetch(self, as_of: str = AS_OF, *, again: bool = False) -> Fetched:
        fetcher = Fetcher(self.project, self.versions, self.quarantine, most=self.most)
        with TemporaryDirectory(dir=self.folder) as scratch:
            return fetcher.fetch(instant(as_of), Path(scratch), again=again)

    def commit(self, batch: str | None, as_of: str = AS_OF) -> BatchResult:
        mode = self.project.data.new_files
        commits = BatchCommits(self.versions, "orders", self.project, mode, self.quarantine)
        with TemporaryDirectory(dir=self.folder) as scratch:
            return commits.commit(str(batch), Path(scratch), as_of=as_of)

    def take(self, as_of: str = AS_OF) -> BatchResult:
        """Fetch and commit."""
        return self.commit(self.fetch(as_of).batch, as_of)

    def rows(self) -> pa.Table:
        head = Versions(Directory(self.folder / "store")).head("orders")
        return (
            Versions(Directory(self.folder / "store")).read(head) if head else pa.table({"id": pa.array([], "int64")})
        )

    def ids(self) -> list[int]:
        return sorted(int(number) for number in self.rows()["id"].to_pylist())

    def watermark(self) -> Watermark | None:
        head = Versions(Directory(self.folder / "store")).head("orders")
        return head.watermark(source_identity(self.project.data)) if head else None


class Database:
    """An SQLite file with orders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._execute("create table orders (id integer, at text, amount real, sold integer)")

    def add(self, *rows: tuple[int, str]) -> None:
        self._execute("insert into orders values (?, ?, 1.5, 1)", rows)

    def _execute(self, statement: str, rows: Iterable[tuple[Any, ...]] = ((),)) -> None:
        connection = sqlite3.connect(self.path)
        with connection:
            connection.executemany(statement, rows) if "?" in statement else connection.execute(statement)
        connection.close()
