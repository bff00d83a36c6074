"""What a commit would make: the next version of a dataset, computed before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

from evergreen.data.compatibility import combined
from evergreen.data.manifest import DataObject, Manifest, ManifestColumn, NewFiles, Source, next_version


@dataclass(frozen=True)
class Incoming:
    """New rows as one object, and what is said about them."""

    object: DataObject
    columns: tuple[ManifestColumn, ...]
    mode: NewFiles
    message: str
    as_of: str
    source: str


def holds(head: Manifest, incoming: Incoming) -> bool:
    """Whether committing these rows would change nothing."""
    if incoming.mode == "replace":
        return head.objects == (incoming.object,)
    return incoming.object in head.objects


def next_manifest(dataset: str, head: Manifest | None, incoming: Incoming) -> Manifest:
    """The version after `head`; DataRefused when the rows cannot join those that are there."""
    kept: tuple[DataObject, ...] = ()
    columns = list(incoming.columns)
    if head is not None and incoming.mode == "append":
        kept = head.objects
        columns = combined(head.columns, incoming.columns, source=incoming.source)
    return Manifest(
        dataset=dataset,
        version=next_version(head, columns),
        parent=head.id if head else None,
        columns=tuple(columns),
        rows=sum(item.rows for item in kept) + incoming.object.rows,
        objects=(*kept, incoming.object),
        new_files=incoming.mode,
        committed_at=incoming.as_of,
        message=incoming.message,
        source=Source(name=incoming.source, sha256=incoming.object.sha256),
    )
