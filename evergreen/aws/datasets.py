"""Datasets in S3: immutable objects and manifests, and one branch pointer that moves by compare-and-swap.

numpy and pyarrow are imported where a table or a profile is touched: functions that only read manifests run without it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.data.canonical import sha256
from evergreen.data.commits import Incoming, holds, next_manifest
from evergreen.data.manifest import (
    Branch,
    DataObject,
    Manifest,
    NewFiles,
    branch_key,
    manifest_key,
    object_key,
    profile_key,
    sagemaker_key,
    sagemaker_manifest,
)
from evergreen.errors import CommitConflict, DataRefused

if TYPE_CHECKING:
    import pyarrow as pa

    from evergreen.profiles.table import TableProfile

_JSON = "application/json"
_BYTES = "application/octet-stream"
_PARQUET = "application/vnd.apache.parquet"
_ATTEMPTS = 20  # enough for eight concurrent writers: each round, one of them wins
_PAUSE_SECONDS = 0.05


class Logged(NamedTuple):
    """One version of a dataset and its id."""

    id: str
    manifest: Manifest


@dataclass(frozen=True)
class CommitResult:
    """What a commit did; `unchanged` when the dataset held exactly these rows already."""

    version: str
    manifest_id: str
    rows: int
    new_rows: int
    unchanged: bool


class Datasets:
    """The datasets of one data bucket. Committing needs the ledger, reading does not."""

    def __init__(self, bucket: Objects | str, ledger: Ledger | None = None) -> None:
        self._objects = Objects(bucket) if isinstance(bucket, str) else bucket
        self._ledger = ledger

    def head(self, dataset: str) -> Manifest | None:
        """The newest version, or None before the first commit."""
        found = self._head(dataset)
        return found[0] if found else None

    def manifest(self, dataset: str, manifest_id: str) -> Manifest:
        """The version with this id."""
        return Manifest.model_validate_json(self._objects.get(manifest_key(dataset, manifest_id)))

    def log(self, dataset: str) -> list[Logged]:
        """Every version, newest first."""
        return list(self._history(dataset, self.head(dataset)))

    def profile(self, manifest: Manifest) -> TableProfile:
        """The profile of a version: the merge of its objects' profiles."""
        from evergreen.profiles.table import TableProfile, merge

        stored = (self._objects.get(profile_key(item.sha256)) for item in manifest.objects)
        return merge([TableProfile.from_bytes(content) for content in stored])

    def read(self, manifest: Manifest, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a version; older objects have nulls in columns that came later."""
        from evergreen.data.tables import concatenated, from_parquet

        tables = [from_parquet(self._verified(item), columns) for item in manifest.objects]
        return concatenated(tables, source=f"{manifest.dataset} {manifest.version}")

    def commit(
        self, dataset: str, table: pa.Table, *, mode: NewFiles, message: str, as_of: str, source: str = "table"
    ) -> CommitResult:
        """Add a table from `evergreen.data.tables.read_files` as the next version; the same rows again change nothing.

        Nothing is visible before the branch pointer moves. Raises CommitConflict when other writers keep moving it.
        """
        if self._ledger is None:
            raise ValueError("Datasets needs a ledger to commit")
        incoming, content = _describe(table, mode=mode, message=message, as_of=as_of, source=source)
        stored = False
        for attempt in range(_ATTEMPTS):
            head, branch, etag = self._head(dataset) or (None, None, None)
            if head is not None and holds(head, incoming):
                return self._already(dataset, head, incoming)
            manifest = next_manifest(dataset, head, incoming)
            if not stored:
                self._store(table, content, incoming.object)
                stored = True
            if self._publish(manifest, branch, etag):
                self._record(self._ledger, manifest, incoming.object)
                return CommitResult(manifest.version, manifest.id, manifest.rows, incoming.object.rows, unchanged=False)
            time.sleep(random.uniform(0, _PAUSE_SECONDS * (attempt + 1)))  # noqa: S311 (spreads writers, hides nothing)
        raise CommitConflict(f"other writers moved {dataset} {_ATTEMPTS} times in a row; commit again")

    def _store(self, table: pa.Table, content: bytes, item: DataObject) -> None:
        from evergreen.profiles.build import profile

        self._objects.put_new(object_key(item.sha256), content, content_type=_PARQUET)
        self._objects.put_new(profile_key(item.sha256), profile(table).to_bytes(), content_type=_BYTES)

    def _publish(self, manifest: Manifest, branch: Branch | None, etag: str | None) -> bool:
        """Write the manifest, then point the branch at it: the one moment at which the version exists."""
        dataset = manifest.dataset
        listing = sagemaker_manifest(manifest, self._objects.bucket)
        self._objects.put_new(manifest_key(dataset, manifest.id), manifest.to_bytes(), content_type=_JSON)
        self._objects.put_new(sagemaker_key(dataset, manifest.id), listing, content_type=_JSON)
        sequence = branch.sequence + 1 if branch else 1
        pointer = Branch(manifest=manifest.id, version=manifest.version, sequence=sequence)
        return self._objects.swap(branch_key(dataset), pointer.to_bytes(), etag, content_type=_JSON)

    def _already(self, dataset: str, head: Manifest, incoming: Incoming) -> CommitResult:
        """An earlier commit of these rows may have died before its ledger entry: append that same one again."""
        introduced = head
        for logged in self._history(dataset, head):
            if incoming.object not in logged.manifest.objects:
                break
            introduced = logged.manifest
        if self._ledger is not None:
            self._record(self._ledger, introduced, incoming.object)
        return CommitResult(head.version, head.id, head.rows, new_rows=0, unchanged=True)

    def _record(self, ledger: Ledger, manifest: Manifest, added: DataObject) -> None:
        evidence = {
            "dataset": manifest.dataset,
            "version": manifest.version,
            "manifest": manifest.id,
            "parent": manifest.parent,
            "rows": manifest.rows,
            "new_rows": added.rows,
            "objects": len(manifest.objects),
            "source": manifest.source.model_dump(),
            "message": manifest.message,
        }
        subject = f"{manifest.dataset} {manifest.version}"
        ledger.append(
            "data_version", at=manifest.committed_at, subject=subject, rule=manifest.new_files, evidence=evidence
        )

    def _head(self, dataset: str) -> tuple[Manifest, Branch, str] | None:
        found = self._objects.get_with_etag(branch_key(dataset))
        if found is None:
            return None
        branch = Branch.model_validate_json(found[0])
        return self.manifest(dataset, branch.manifest), branch, found[1]

    def _history(self, dataset: str, manifest: Manifest | None) -> Iterator[Logged]:
        while manifest is not None:
            yield Logged(manifest.id, manifest)
            manifest = self.manifest(dataset, manifest.parent) if manifest.parent else None

    def _verified(self, item: DataObject) -> bytes:
        content = self._objects.get(object_key(item.sha256))
        if sha256(content) != item.sha256:
            raise DataRefused(f"object {item.sha256} does not have the content that its name says")
        return content


def _describe(table: pa.Table, *, mode: NewFiles, message: str, as_of: str, source: str) -> tuple[Incoming, bytes]:
    from evergreen.data.tables import manifest_columns, to_parquet

    content = to_parquet(table)
    item = DataObject(sha256=sha256(content), size=len(content), rows=table.num_rows)
    return Incoming(item, tuple(manifest_columns(table)), mode, message, as_of, source), content
