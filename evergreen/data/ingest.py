"""Sources into the store: rows as parts, other files whole. What is there already is not written again.

Nothing here becomes visible: objects are named by their content, and a commit that dies leaves only what the next
one finds done, or what a collection removes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa

from evergreen.data.canonical import canonical, digest, parsed, sha256
from evergreen.data.commits import Content
from evergreen.data.cutting import cut
from evergreen.data.keys import file_key, ingest_key, object_key, profile_key
from evergreen.data.manifest import DataObject, Manifest, ManifestColumn, Source, StoredFile
from evergreen.data.parts import Part
from evergreen.data.reading import Rows
from evergreen.data.room import Rooms
from evergreen.data.sources import Progress, SourceFile, silent, table_ending
from evergreen.data.store import JSON, PARQUET, Store, measured, put_exactly
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused

Watch = Callable[[Iterator[pa.Table]], Iterator[pa.Table]]
_WORKERS = 4
_IN_FLIGHT = 5  # parts: what bounds the memory
_FORMAT = 2


@dataclass(frozen=True)
class Ingest:
    """Writes one source's content into a store.

    Rows of a `batch` that is appended are rows of their own, equal to some of the head or not.
    """

    store: Store
    progress: Progress = silent
    profiles: bool = True
    batch: str = ""
    _rooms: Rooms = field(default_factory=Rooms, init=False, repr=False, compare=False)

    def table(self, rows: Rows, wanted: Wanted, *, target: int, head: Manifest | None, watch: Watch = iter) -> Content:
        """The rows as parts; those of `head` are found by their content and not encoded again. `watch` sees each.

        Their source has a name and no hash yet.
        """
        known = {} if self.batch else _by_content(head)
        copies: Counter[str] = Counter()
        objects: list[DataObject] = []
        missing: Counter[str] = Counter()
        new_bytes = 0
        with ThreadPoolExecutor(_WORKERS) as pool:
            for part, done in _in_order(pool, cut(watch(rows.tables(self.progress, coded=True)), target), known, self):
                if copies[done.object.content or ""]:
                    done = self._stored(part, known, copies[done.object.content or ""])
                copies[done.object.content or ""] += 1
                objects.append(done.object)
                missing.update(done.missing)
                new_bytes += done.new_bytes
        nulls = missing[wanted.target_column] if wanted.target else 0
        wanted.check_labels(rows.count, nulls, rows.source)
        columns = tuple(
            ManifestColumn(name=field.name, type=str(field.type), nullable=missing[field.name] > 0)
            for field in rows.schema
        )
        source = Source(name=rows.source, sha256="")
        return Content(source, tuple(objects), columns, part_rows=target, new_bytes=new_bytes)

    def files(self, files: Sequence[SourceFile], found: Sequence[str], source: Source) -> Content:
        """Each file whole."""
        total, done, new_bytes = sum(file.size for file in files), 0, 0
        with ThreadPoolExecutor(_WORKERS) as pool:
            for file, stored in zip(files, pool.map(self._whole, files, found), strict=True):
                done += file.size
                new_bytes += file.size if stored else 0
                self.progress("storing", done, total)
        kept = (StoredFile(path=file.name, sha256=sha, size=file.size) for file, sha in zip(files, found, strict=True))
        return Content(source, files=tuple(kept), new_bytes=new_bytes)

    def seen(self, source: Source, wanted: Wanted, rules: str = "") -> Content | None:
        """What this very source became before, under the same rules; whether that is still there is another question.

        `rules` is the hash of those it was judged by.
        """
        found = self.store.get_with_etag(self._key(source, wanted, rules))
        try:
            return None if found is None else _content(source, found[0])
        except (ValueError, KeyError, TypeError):
            return None  # a note that is damaged is written again

    def remember(self, content: Content, wanted: Wanted, rules: str = "") -> None:
        """Note what the source became, so that it need not be read again."""
        document = {
            "format": _FORMAT,
            "columns": [column.model_dump() for column in content.columns],
            "objects": [item.model_dump() for item in content.objects],
            "part_rows": content.part_rows,
            **({"warnings": list(content.warnings)} if content.warnings else {}),
        }
        key, body = self._key(content.source, wanted, rules), canonical(document)
        put_exactly(self.store, key, body, content_type=JSON)

    def refreshed(self, content: Content) -> bool:
        """Make everything the content needs young, so that no collection takes it; False when something is gone."""
        needed: dict[str, int | None] = dict(content.sizes())
        if self.profiles:
            needed |= {profile_key(item.sha256): None for item in content.objects}
        return self._all(self.store.touch, needed)

    def complete(self, content: Content) -> bool:
        """Whether everything that a version holds of the content is there, as large as it was."""
        return self._all(self.store.exists, content.sizes())

    @staticmethod
    def _all(holds: Callable[[str, int | None], bool], needed: Mapping[str, int | None]) -> bool:
        shares = [list(needed.items())[start::_WORKERS] for start in range(_WORKERS)]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return all(pool.map(lambda share: all(holds(key, size) for key, size in share), shares))

    def _key(self, source: Source, wanted: Wanted, rules: str) -> str:
        joined = [each.manifest for each in source.joined]
        more = [each for each in (joined, rules, {"batch": self.batch} if self.batch else None) if each]
        return ingest_key(digest([_FORMAT, table_ending(source.name), source.sha256, wanted.digest, *more]))

    def _stored(self, table: pa.Table, known: Mapping[tuple[str, int], DataObject], copy: int = 0) -> _Done:
        part = Part.of(table)
        held = known.get((part.content, copy))
        if held is not None and self.store.exists(object_key(held.sha256), held.size):
            return _Done(held, part.missing, 0)
        item, new = self.part(part, part.content, copy)
        return _Done(item, part.missing, item.size if new else 0)

    def part(self, part: Part, content: str, copy: int) -> tuple[DataObject, bool]:
        """One part with its profile in the store, and whether it is new there."""
        with self._rooms.one() as room:
            body = part.to_bytes(copy=copy, batch=self.batch, room=room)
            item = DataObject(sha256=sha256(body), size=len(body), rows=part.table.num_rows, content=content)
            key = object_key(item.sha256)
            new = not self.store.touch(key, item.size)
            if new:
                put_exactly(self.store, key, body, content_type=PARQUET)
        if self.profiles and not self.store.touch(profile_key(item.sha256)):
            from evergreen.profiles.build import profile

            # In one piece, as it is read back: who profiles the object later gets the same bytes.
            self.store.put_new(profile_key(item.sha256), profile(part.table).to_bytes())
        return item, new

    def _whole(self, file: SourceFile, sha: str) -> bool:
        key = file_key(sha)
        if self.store.touch(key, file.size):
            return False
        file.check_unchanged()
        self.store.put_file(file.path, key)
        try:
            file.check_unchanged()
        except DataRefused:
            if measured(self.store, key)[0] != sha:  # somebody else may have stored what the file held before
                self.store.delete([key])
            raise
        return True


@dataclass(frozen=True)
class _Done:
    object: DataObject
    missing: Mapping[str, int]
    new_bytes: int


def _in_order(
    pool: ThreadPoolExecutor, parts: Iterator[pa.Table], known: Mapping[tuple[str, int], DataObject], ingest: Ingest
) -> Iterator[tuple[pa.Table, _Done]]:
    """Each part with what became of it; only a few are in memory at a time."""
    flying: deque[tuple[pa.Table, Future[_Done]]] = deque()
    try:
        while True:
            for part in islice(parts, _IN_FLIGHT - len(flying)):
                flying.append((part, pool.submit(ingest._stored, part, known)))
            if not flying:
                return
            part, future = flying.popleft()
            yield part, future.result()
    finally:
        for _, future in flying:
            future.cancel()


def _by_content(head: Manifest | None) -> dict[tuple[str, int], DataObject]:
    copies: Counter[str] = Counter()
    found = {}
    for item in head.objects if head else ():
        if item.content:
            found[item.content, copies[item.content]] = item
            copies[item.content] += 1
    return found


def _content(source: Source, stored: bytes) -> Content:
    document = parsed(stored)
    return Content(
        source,
        objects=tuple(DataObject.model_validate(item) for item in document["objects"]),
        columns=tuple(ManifestColumn.model_validate(item) for item in document["columns"]),
        part_rows=document["part_rows"],
        warnings=tuple(document.get("warnings", ())),
    )
