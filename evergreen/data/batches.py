"""Landing batches in the history: each becomes one version once, and moves its source's watermark with that version.

The watermark is part of the manifest, so the pointer that makes a version visible moves both or neither. A batch that
was read from another watermark than the dataset's own is superseded: what it holds is read again from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evergreen.data.canonical import canonical, parsed
from evergreen.data.keys import batch_key
from evergreen.data.manifest import Manifest, Watermark
from evergreen.data.store import JSON, Store
from evergreen.errors import BatchSuperseded


@dataclass(frozen=True)
class Batch:
    """What a landing batch is known by; one that was fetched says from where to where it brings its source."""

    id: str
    before: Watermark | None = None
    after: Watermark | None = None


def begin(store: Store, dataset: str, batch: Batch, head: str | None) -> str | None:
    """The version at which the first attempt to commit this batch began: it cannot be older in the history.

    None is the beginning of the history, and what a damaged note says.
    """
    key = batch_key(dataset, batch.id)
    store.put_new(key, canonical({"since": head}), content_type=JSON)
    try:
        found: str | None = parsed(store.get(key))["since"]
    except (ValueError, KeyError, TypeError):
        return None
    return found


def committed(history: Iterable[Manifest], batch: Batch, since: str | None) -> Manifest | None:
    """The version that the batch became, if it did."""
    for manifest in history:
        if manifest.batch == batch.id:
            return manifest
        if manifest.id == since:
            return None
    return None


def check_continues(head: Manifest | None, batch: Batch) -> None:
    """BatchSuperseded when the batch does not go on from where its source's last one ended."""
    if batch.after is None:
        return
    now = head.watermark(batch.after.source) if head else None
    if now != batch.before:
        reads, stands = (mark.value if mark else "the beginning" for mark in (batch.before, now))
        raise BatchSuperseded(
            f"the batch {batch.id} was read from {reads} on, and its dataset stands at {stands}; "
            "the next fetch reads what is missing"
        )


def handed_on(head: Manifest | None, batch: Batch | None) -> tuple[Watermark, ...]:
    """The watermarks of the next version: those of the last, with the batch's own."""
    marks = {mark.source: mark for mark in head.watermarks} if head else {}
    if batch is not None and batch.after is not None:
        marks[batch.after.source] = batch.after
    return tuple(marks[source] for source in sorted(marks))
