"""What the same source became before, found as soon as its hash is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import pyarrow as pa

from evergreen.data.commits import Content, Incoming, holds
from evergreen.data.compatibility import combined
from evergreen.data.hashing import Hashes
from evergreen.data.ingest import Ingest
from evergreen.data.joining import Joining
from evergreen.data.judging import depends_on_more, judged_beside, rules_digest
from evergreen.data.manifest import Manifest, NewFiles, Source
from evergreen.data.pieces import Piece, Streamed
from evergreen.data.reading import Rows
from evergreen.data.sources import SourceFile, source_of
from evergreen.errors import DataRefused
from evergreen.validation.judge import Judge


class Known(Exception):
    """The rows that are being read became this content before."""

    def __init__(self, content: Content) -> None:
        super().__init__(content.source.name)
        self.content = content


@dataclass(frozen=True)
class Earlier:
    """One source on its way to a dataset, and `hashed`, the hashes of its files, which may still be on their way."""

    ingest: Ingest
    head: Manifest | None
    path: Path
    files: Sequence[SourceFile]
    joining: Joining
    mode: NewFiles
    judge: Judge | None
    hashed: Hashes

    @cached_property
    def source(self) -> Source:
        """What is said of where the rows come from; waits for the hashes."""
        return self.joining.pinned(source_of(self.path, self.files, self.hashed.result()), self.head, self.mode)

    @property
    def rules(self) -> str:
        """The hash of the rules that its rows are judged by."""
        return rules_digest(self.judge) if self.judge else ""

    @cached_property
    def content(self) -> Content | None:
        """What it became, if that is still there and would become the same today; waits for the hashes."""
        content = self.ingest.seen(self.source, self.joining.wanted, self.rules)
        if content is None:
            return None
        if self.judge is not None:
            content = replace(content, beside=judged_beside(self.judge, self.head, self.mode))
        if self.head is not None and holds(self.head, Incoming(content, self.mode, "", "")):
            return content if self.ingest.complete(content) else None
        again = self.judge is not None and depends_on_more(self.judge, self.head, self.mode)
        return content if not again and self._fits(content) and self.ingest.refreshed(content) else None

    @property
    def known(self) -> Content | None:
        """That content, as far as the hashes are there, which a join needs before anything is read."""
        return self.content if self.hashed.done() or self.joining.wanted.joins else None

    def unless_known(self, rows: Rows) -> Rows:
        """The rows; to read them raises Known when the hashes come and show that there is no need to."""
        if self.hashed.done():
            return rows
        pieces = [Streamed(it.name, it.schema, it.rows, it.size, partial(self._tables, it)) for it in rows.pieces]
        return replace(rows, pieces=pieces)

    def _tables(self, piece: Piece) -> Iterator[pa.Table]:
        for table in piece.tables():
            if self.known is not None:
                raise Known(self.known)
            yield table

    def _fits(self, content: Content) -> bool:
        """Whether the head has its types; else it is read again and fitted, or refused."""
        if self.head is None or self.mode == "replace":
            return True
        try:
            combined(self.head.columns, content.columns, source=content.source.name)
        except DataRefused:
            return False
        return True
