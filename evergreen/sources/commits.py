"""From a closed batch to a data version, once, or to the quarantine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evergreen.data.batches import Batch, begin, check_continues, committed
from evergreen.data.canonical import sha256
from evergreen.data.commits import Incoming
from evergreen.data.hashing import file_hash
from evergreen.data.keys import seen_key
from evergreen.data.manifest import NewFiles
from evergreen.data.sources import SEEN, TABLES, is_passed_over, left_out
from evergreen.data.stat_cache import StatCache
from evergreen.data.store import JSON, Store
from evergreen.data.versions import Versions
from evergreen.errors import BatchSuperseded, CommitConflict, DataRefused, NotFound, RulesBroken, StoreFailed
from evergreen.project.schema import Project
from evergreen.sources.batch import MARKER, Marker, batch_of, check_name, folder_key, local_path, read_marker
from evergreen.sources.quarantine import Quarantine, Refusal
from evergreen.times import instant

if TYPE_CHECKING:
    from evergreen.data.wanted import Wanted

Outcome = Literal["committed", "unchanged", "superseded", "quarantined"]


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch; `unchanged` when the dataset held it already."""

    batch: str
    outcome: Outcome
    version: str | None = None
    rows: int | None = None
    new_rows: int = 0
    reason: str | None = None
    warnings: tuple[str, ...] = ()  # rules that do not refuse, and files that are not committed


@dataclass(frozen=True)
class BatchCommits:
    """Commits the landing batches of one dataset. Its columns are those that its project declares, or `wanted`."""

    versions: Versions
    dataset: str
    project: Project | None
    mode: NewFiles
    quarantine: Quarantine
    wanted: Wanted | None = None

    def commit(self, batch: str, scratch: Path, *, as_of: str) -> BatchResult:
        """Make a closed batch the next version; its files pass through the folder `scratch`."""
        store, folder = self.versions.store, folder_key(self.dataset, batch)
        found = store.get_with_etag(folder + MARKER)
        if found is None:
            raise NotFound(f"{store.uri(folder)} has no {MARKER}; nothing reads a batch before it is closed")
        marker = Marker()
        try:
            check_name(batch)
            marker = read_marker(found[0], name=folder + MARKER)
            result = self._commit(batch, scratch, marker, marker.as_of or as_of)
        except DataRefused as error:
            at = marker.as_of or as_of
            report = error.report.to_dict() if isinstance(error, RulesBroken) else None
            refusal = Refusal(
                batch=batch, reason=str(error), at=at, before=marker.before, after=marker.after, report=report
            )
            self.quarantine.record(refusal)
            return BatchResult(batch, "quarantined", reason=str(error))
        except BatchSuperseded as error:
            return BatchResult(batch, "superseded", reason=str(error))
        self.quarantine.resolve(batch, str(result.version))
        if marker.after is not None:
            self.quarantine.overtaken(marker.before, marker.after.source, str(result.version))
        return result

    def _commit(self, batch: str, scratch: Path, marker: Marker, as_of: str) -> BatchResult:
        if marker.after is not None:
            self._check_continues(batch_of(batch, marker, ""))
        passed_over: list[str] = []
        path = brought(self.versions, self.dataset, batch, scratch, marker, passed_over)
        while True:
            head = self.versions.head(self.dataset)
            try:
                result = self._published(batch, path, marker, as_of)
                return replace(result, warnings=(*result.warnings, *left_out([], passed_over)))
            except CommitConflict:
                if self.versions.head(self.dataset) == head:
                    raise  # no other batch is to blame

    def _published(self, batch: str, path: Path, marker: Marker, as_of: str) -> BatchResult:
        """Judged beside the newest version, and published; CommitConflict when that is another one meanwhile."""
        from evergreen.data.wanted import Wanted
        from evergreen.validation.judge import Judge

        wanted = self.wanted or Wanted.of(self.project)
        judge = Judge(self.project, instant(as_of)) if self.project else None
        content = self.versions.prepare(
            self.dataset, path, wanted, mode=self.mode, cache=StatCache(), judge=judge, batch=batch
        )
        if marker.after is not None and not content.objects:
            raise DataRefused(f"{batch}: holds no table, and a source gives rows: {', '.join(TABLES)}")
        self._keep_seen(path, marker)
        known_by = batch_of(batch, marker, content.source.sha256)
        result = self.versions.publish(
            self.dataset, Incoming(content, self.mode, f"land {batch}", as_of, batch=known_by)
        )
        outcome: Outcome = "unchanged" if result.unchanged else "committed"
        warnings = (*content.warnings, *content.left_out)
        return BatchResult(batch, outcome, result.version, result.rows, result.new_rows, warnings=warnings)

    def _check_continues(self, batch: Batch) -> None:
        """BatchSuperseded before anything is judged: another batch took the place of this one, which is no version."""
        head = self.versions.head(self.dataset)
        since = begin(self.versions.store, self.dataset, batch, head.id if head else None)
        history = (logged.manifest for logged in self.versions.history(self.dataset, head))
        if committed(history, batch, since) is None:
            check_continues(head, batch)

    def _keep_seen(self, path: Path, marker: Marker) -> None:
        """The rows near the new watermark must be there before the watermark is."""
        if marker.after is None or marker.after.seen is None:
            return
        body = (path / SEEN).read_bytes() if (path / SEEN).exists() else b""
        if sha256(body) != marker.after.seen:
            raise DataRefused(f"{path.name}/{SEEN}: is not what its marker says; fetch again")
        self.versions.store.put_new(seen_key(self.dataset, marker.after.seen), body, content_type=JSON)


def brought(
    versions: Versions, dataset: str, batch: str, scratch: Path, marker: Marker, passed_over: list[str]
) -> Path:
    """The batch's files in a folder of its name; those that the marker lists are what it says.

    What somebody else's marker closes, and is no data by its name, is added to `passed_over`.
    """
    folder = folder_key(dataset, batch)
    entries = [entry for entry in versions.store.entries(folder) if not entry.key.endswith("/")]  # those are folders
    there = {entry.key.removeprefix(folder): entry.size for entry in entries}
    listed = {file.path: file.sha256 for file in marker.files} if marker.files is not None else {}
    wanted = list(listed) if marker.files is not None else [name for name in there if not _marked(name)]
    if marker.files is None:
        passed_over += sorted({found for found in map(_marked, there) if is_passed_over(found.rpartition("/")[2])})
    total, done = sum(there.get(name, 0) for name in wanted), 0
    target = scratch / batch
    target.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        if name not in there:
            raise DataRefused(f"{batch}/{name}: its marker lists it, and it is not there; land the batch again")
        path = local_path(target, name)
        _copied(versions.store, folder + name, path)
        if listed and file_hash(path) != listed[name]:
            raise DataRefused(f"{batch}/{name}: is not the file that its marker lists; land the batch again")
        done += there[name]
        versions.progress("reading", done, total)
    return target


def _copied(store: Store, key: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for piece in store.stream(key):
                file.write(piece)
    except OSError as error:
        raise StoreFailed(f"reading {store.uri(key)} into {path}: {error.strerror or error}") from error


def _marked(name: str) -> str:
    """The marker, or the file or folder that another program hides beside its own, as which a name begins; or none."""
    parts = name.split("/")
    at = next((at for at, part in enumerate(parts) if part.startswith((".", "_"))), None)
    return "" if at is None else "/".join(parts[: at + 1])
