"""The versions of datasets in a store: immutable objects and manifests, and one pointer that moves by compare-and-swap.

numpy and pyarrow are imported where rows or profiles are touched: functions that only read manifests run without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from evergreen.data import flag
from evergreen.data.batches import begin, check_continues, committed
from evergreen.data.canonical import sha256
from evergreen.data.commits import CommitResult, Content, Incoming, holds, next_manifest
from evergreen.data.keys import branch_key, manifest_key, object_key
from evergreen.data.manifest import Branch, DataObject, Manifest, NewFiles
from evergreen.data.pointers import branch_of, manifest_at
from evergreen.data.sources import Progress, silent
from evergreen.data.store import JSON, Store, put_exactly
from evergreen.data.widening import Side, check_widened
from evergreen.errors import CommitConflict, DataRefused

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from evergreen.data.ingest import Ingest
    from evergreen.data.stat_cache import StatCache
    from evergreen.data.wanted import Wanted
    from evergreen.profiles.table import TableProfile
    from evergreen.validation.judge import Judge

ATTEMPTS = 20  # enough for eight concurrent writers: each round, one of them wins


class Logged(NamedTuple):
    """One version of a dataset and its id."""

    id: str
    manifest: Manifest


class Versions:
    """Reads and commits the versions of one store. `pause` waits before another attempt; the domain has no clock."""

    def __init__(
        self,
        store: Store,
        *,
        progress: Progress = silent,
        pause: Callable[[int], None] = lambda _attempt: None,
        profiles: bool = True,
    ) -> None:
        self.store = store
        self.progress = progress
        self._pause = pause
        self._profiles = profiles
        self._writes = True

    def head(self, dataset: str) -> Manifest | None:
        """The newest version, or None before the first commit."""
        found = self._head(dataset)
        return found[0] if found else None

    def manifest(self, dataset: str, manifest_id: str) -> Manifest:
        """The version with this id; StoreFailed when what is stored is another."""
        return manifest_at(self.store, manifest_key(dataset, manifest_id))

    def log(self, dataset: str) -> list[Logged]:
        """Every version, newest first."""
        return list(self.history(dataset, self.head(dataset)))

    def history(self, dataset: str, manifest: Manifest | None) -> Iterator[Logged]:
        """A version and those before it."""
        while manifest is not None:
            yield Logged(manifest.id, manifest)
            manifest = self.manifest(dataset, manifest.parent) if manifest.parent else None

    def profile(self, manifest: Manifest) -> TableProfile:
        """The profile of a version: the merge of its objects' profiles."""
        from evergreen.data.profiling import version_profile

        return version_profile(self.store, manifest, keep=self._writes)

    def read(self, manifest: Manifest, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a version; older objects have nulls in columns that came later."""
        from evergreen.data.tables import concatenated, from_parquet

        tables = [from_parquet(self._verified(item), columns) for item in manifest.objects]
        return concatenated(tables, source=f"{manifest.dataset} {manifest.version}")

    def prepare(
        self,
        dataset: str,
        path: Path,
        wanted: Wanted,
        *,
        mode: NewFiles,
        cache: StatCache,
        whole: bool = False,
        judge: Judge | None = None,
        batch: str = "",
    ) -> Content:
        """Bring a file or a folder into the store; nothing of it is visible before it is committed.

        With a `judge`, rows that break a rule of its project are refused (RulesBroken). Appended rows of a landing
        `batch` get objects of their own: they are none of those that are there.

        Table files become the rows of one table; a folder without any, or `whole`, is stored file by file.
        """
        from evergreen.data.joining import Joining
        from evergreen.data.preparing import prepared

        head, joining = self.head(dataset), Joining(self, wanted)
        ingest = replace(self.ingest(), batch=batch if mode == "append" else "")
        return prepared(ingest, head, path, joining, mode=mode, cache=cache, whole=whole, judge=judge)

    def commit(
        self,
        dataset: str,
        table: pa.Table,
        *,
        mode: NewFiles,
        message: str,
        as_of: str,
        source: str = "table",
        judge: Judge | None = None,
    ) -> CommitResult:
        """Add a table from `evergreen.data.tables.read_files` as the next version; the same rows again change nothing.

        Nothing is visible before the branch pointer moves. Raises CommitConflict when other writers keep moving it.
        """
        from evergreen.data.preparing import prepared_table

        content = prepared_table(self.ingest(), self.head(dataset), table, mode=mode, source=source, judge=judge)
        return self.publish(dataset, Incoming(content, mode, message, as_of))

    def publish(self, dataset: str, incoming: Incoming) -> CommitResult:
        """Make content of this store the next version; the one moment at which it exists is the pointer's move."""
        since = self._began(dataset, incoming)
        mine: Manifest | None = None
        for attempt in range(ATTEMPTS):
            head, branch, etag = self._head(dataset) or (None, None, None)
            if head is not None and mine is not None and self._went_on_from(head, mine):
                return self._done(mine, incoming)
            if incoming.batch is not None:
                if found := committed(self._manifests(dataset, head), incoming.batch, since):
                    return self._again(found, incoming)
                check_continues(head, incoming.batch)
            if head is not None and holds(head, incoming):
                return self._already(dataset, head, incoming)
            if incoming.mode == "append" and incoming.content.beside not in (None, head.id if head else ""):
                raise CommitConflict(f"others committed to {dataset} meanwhile, maybe the same keys: commit again")
            if head is not None and incoming.mode == "append":
                self._check_joins(head, incoming.content)
            mine = next_manifest(dataset, head, incoming)
            self._place(mine, incoming.content)
            sequence = branch.sequence + 1 if branch else 1
            pointer = Branch(manifest=mine.id, version=mine.version, sequence=sequence)
            if self.store.swap(branch_key(dataset), pointer.to_bytes(), etag, content_type=JSON):
                return self._done(mine, incoming)
            self._pause(attempt)
        raise CommitConflict(f"other writers moved {dataset} {ATTEMPTS} times in a row; commit again")

    def _check_joins(self, head: Manifest, content: Content) -> None:
        """DataRefused when the content's rows and those of the head cannot be read as one table."""
        version = Side(f"{head.dataset} {head.version}", head.columns, head.objects)
        check_widened(self.store, version, Side(content.source.name, content.columns, content.objects))

    def _began(self, dataset: str, incoming: Incoming) -> str | None:
        """A note that is written before anything else, so that a later attempt knows how far back to look."""
        if incoming.batch is None:
            return None
        head = self.head(dataset)
        return begin(self.store, dataset, incoming.batch, head.id if head else None)

    def _manifests(self, dataset: str, head: Manifest | None) -> Iterator[Manifest]:
        return (logged.manifest for logged in self.history(dataset, head))

    def _announce(self, manifest: Manifest) -> None:
        """What else must be there before a version becomes visible."""

    def _record(self, manifest: Manifest, content: Content) -> None:
        """What is written down about a version that became visible; again after a crash, with the same words."""

    def ingest(self) -> Ingest:
        """What writes content into this store."""
        from evergreen.data.ingest import Ingest

        return Ingest(self.store, self.progress, profiles=self._profiles)

    def _place(self, manifest: Manifest, content: Content) -> None:
        """Store the manifest, and make sure that no collection takes it or what it needs before the pointer moves.

        CommitConflict when a collection is at work, or took something.
        """
        self._put(manifest)
        now = flag.epoch(self.store)
        if now == (content.epoch, False):
            return
        now = flag.ended(self.store, clock=manifest_key(manifest.dataset, manifest.id))
        if not self.ingest().refreshed(content):
            raise CommitConflict(
                f"a collection (evergreen data gc) took what {content.source.name} became, as no version had it: "
                "add or commit the file again"
            )
        self._put(manifest)
        if flag.epoch(self.store) != now:
            raise CommitConflict("a collection (evergreen data gc) began at the same time; commit again")

    def _put(self, manifest: Manifest) -> None:
        """A manifest that an earlier attempt left is as young as a new one."""
        key = manifest_key(manifest.dataset, manifest.id)
        put_exactly(self.store, key, manifest.to_bytes(), content_type=JSON)
        self.store.touch(key)
        self._announce(manifest)

    def _went_on_from(self, head: Manifest, mine: Manifest) -> bool:
        """Whether others built on a version of ours whose pointer move was answered too late, or not at all."""
        for logged in self.history(head.dataset, head):
            if logged.id == mine.id:
                return True
            if logged.id == mine.parent:
                return False
        return False

    def _done(self, manifest: Manifest, incoming: Incoming) -> CommitResult:
        self._record(manifest, incoming.content)
        content = incoming.content
        return CommitResult(manifest.version, manifest.id, manifest.rows, content.rows, False, content.new_bytes)

    def _again(self, manifest: Manifest, incoming: Incoming) -> CommitResult:
        """The batch is this version already; its commit may have died before it was recorded."""
        self._record(manifest, incoming.content)
        return CommitResult(manifest.version, manifest.id, manifest.rows, new_rows=0, unchanged=True)

    def _already(self, dataset: str, head: Manifest, incoming: Incoming) -> CommitResult:
        """An earlier commit of this may have died before it was recorded: record that same one again."""
        introduced, wanted = head, set(incoming.content.objects)
        for logged in self.history(dataset, head):
            if not wanted <= set(logged.manifest.objects):
                break
            introduced = logged.manifest
        self._record(introduced, incoming.content)
        return CommitResult(head.version, head.id, head.rows, new_rows=0, unchanged=True)

    def _head(self, dataset: str) -> tuple[Manifest, Branch, str] | None:
        found = branch_of(self.store, dataset)
        return None if found is None else (self.manifest(dataset, found[0].manifest), *found)

    def _verified(self, item: DataObject) -> bytes:
        content = self.store.get(object_key(item.sha256))
        if sha256(content) != item.sha256:
            raise DataRefused(f"object {item.sha256} does not have the content that its name says")
        return content
