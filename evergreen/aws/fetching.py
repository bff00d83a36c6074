"""What is new in a project's source, as of a time: read into a folder, and landed as a batch that its marker closes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from evergreen.data.keys import seen_key
from evergreen.data.manifest import Watermark
from evergreen.data.versions import Versions
from evergreen.errors import EvergreenError
from evergreen.project.schema import Project
from evergreen.project.source import Source
from evergreen.sources.batch import source_identity
from evergreen.sources.boundary import Boundary
from evergreen.sources.landing import land
from evergreen.sources.partitions import new_partitions, taken_together
from evergreen.sources.quarantine import Quarantine
from evergreen.sources.reading import BATCH_SIZE, Reading, Rows, read_all, read_new, read_partitions
from evergreen.times import stamp


@dataclass(frozen=True)
class Fetched:
    """What a fetch did: `held` when a refused batch has to be looked at first."""

    outcome: Literal["landed", "nothing_new", "held"]
    batch: str | None = None
    rows: int | None = None
    size: int = 0
    watermark_from: str | int | float | None = None
    watermark_to: str | int | float | None = None
    more: bool = False
    reason: str | None = None


class Fetcher:
    """Fetches for one project into one store."""

    def __init__(self, project: Project, versions: Versions, quarantine: Quarantine, *, most: int = BATCH_SIZE) -> None:
        if project.data.source is None:
            raise EvergreenError("project.yaml declares no data.source to fetch from; docs/data-sources.md shows three")
        self._versions = versions
        self._quarantine = quarantine
        self._data = project.data
        self._source: Source = project.data.source
        self._identity = source_identity(project.data)
        self._most = most

    def fetch(self, as_of: datetime, scratch: Path, *, again: bool = False) -> Fetched:
        """Land what is new. `again` reads although a refused batch waits at this very watermark."""
        head = self._versions.head(self._data.dataset)
        before = head.watermark(self._identity) if head else None
        stands = before.value if before else None
        held = None if again else self._quarantine.holding(before, self._identity)
        if held is not None:
            reason = f"{held.reason}; once it is mended: evergreen data retry {held.batch}, or data fetch --again"
            return Fetched("held", held.batch, watermark_from=stands, reason=reason)
        reading = self._read(before, as_of, scratch)
        if reading is None:
            if again:  # what was refused is not in the source any more
                self._quarantine.overtaken(before, self._identity, head.version if head else "none")
            return Fetched("nothing_new", watermark_from=stands, watermark_to=stands)
        marker = reading.marker.model_copy(update={"as_of": stamp(as_of)})
        store, progress = self._versions.store, self._versions.progress
        land(store, self._data.dataset, reading.folder, reading.batch, marker, anew=False, progress=progress)
        after = marker.after.value if marker.after else None
        return Fetched("landed", reading.batch, reading.rows, reading.size, stands, after, reading.more)

    def _read(self, before: Watermark | None, as_of: datetime, scratch: Path) -> Reading | None:
        folder = scratch / "reading"
        folder.mkdir(parents=True)
        if self._source.s3 is not None:
            return self._partitions(self._source.s3, before, as_of, folder)
        name, field, ordered = self._described()
        boundary = self._boundary(before, name)
        since = boundary.asks_from if field else None
        with closing(self._rows(since)) as rows:
            counted = self._counted(rows)
            if field is None:
                return read_all(name, counted, folder, source=self._identity, before=before)
            found = Rows(name, counted, field, ordered)
            return read_new(found, boundary, folder, source=self._identity, before=before, most=self._most)

    def _described(self) -> tuple[str, str | None, bool]:
        if self._source.sql is not None:
            return "data.source.sql", self._source.sql.watermark, True
        assert self._source.http is not None
        since = self._source.http.watermark
        return self._source.http.url, since.field if since else None, False

    def _boundary(self, before: Watermark | None, name: str) -> Boundary:
        seen = None
        if before is not None and before.seen is not None:
            seen = self._versions.store.get(seen_key(self._data.dataset, before.seen))
        value = before.value if before else None
        return Boundary(value, seen, lag=self._source.lag, name=name)

    def _rows(self, since: str | int | float | None) -> Any:
        """Each kind brings its own client, which only its own projects need."""
        if self._source.sql is not None:
            from evergreen.aws.sql_source import sql_rows

            return sql_rows(self._source.sql, since)
        from evergreen.aws.http_source import http_rows

        assert self._source.http is not None
        return http_rows(self._source.http, since)

    def _counted(self, rows: Any) -> Any:
        for number, row in enumerate(rows, start=1):
            if number % 1000 == 0:
                self._versions.progress(f"fetching, {number:,} rows", 0, 0)
            yield row

    def _partitions(self, uri: str, before: Watermark | None, as_of: datetime, folder: Path) -> Reading | None:
        from evergreen.aws.s3_source import S3Prefix

        prefix, after = S3Prefix(uri), str(before.value) if before else None
        pattern, lag = str(self._source.partition), self._source.lag
        found = new_partitions(prefix.listed(after), pattern, after=after, as_of=as_of, lag=lag)
        if not found:
            return None
        taken = found[-1:] if self._data.new_files == "replace" else taken_together(found, most=self._most)
        prefix.bring(taken, folder, self._versions.progress)
        more = taken[-1] is not found[-1]
        return read_partitions(taken, folder, source=self._identity, before=before, more=more)
