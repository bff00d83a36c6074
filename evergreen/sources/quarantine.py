"""Batches that were refused: they stay where they landed, and a report beside the dataset says why.

`quarantine/<dataset>/<batch>/report.json` is written once a reason; after a later success, its own or that of a batch
which took its place, it names the version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from evergreen.data.canonical import canonical
from evergreen.data.manifest import Watermark
from evergreen.data.store import JSON, Store
from evergreen.sources.batch import report_key


class Refusal(BaseModel):
    """Why a batch was refused, and from where its source would have gone on.

    `version` is what it became later, or what another batch of the source became in its place.

    `report` is that on the rules, when it broke some.
    """

    model_config = ConfigDict(frozen=True)
    batch: str
    reason: str
    at: str
    before: Watermark | None = None
    after: Watermark | None = None
    version: str | None = None
    report: dict[str, Any] | None = None


@dataclass(frozen=True)
class Quarantine:
    """The refused batches of a dataset; `told` hears of each new refusal."""

    store: Store
    dataset: str
    told: Callable[[Refusal], None] = lambda _refusal: None

    def record(self, refusal: Refusal) -> None:
        """Say why; the same reason again is the same refusal."""
        known = self._read(report_key(self.dataset, refusal.batch))
        if known is None or (known.reason, known.version) != (refusal.reason, None):
            self.told(refusal)
            self._write(refusal)

    def resolve(self, batch: str, version: str) -> None:
        """The batch became a version after all."""
        known = self._read(report_key(self.dataset, batch))
        if known is not None and known.version is None:
            self._write(known.model_copy(update={"version": version}))

    def overtaken(self, before: Watermark | None, source: str, version: str) -> None:
        """Another reading of the source went on from there, or found nothing: the refused ones are not waited for."""
        while (held := self.holding(before, source)) is not None:
            self.resolve(held.batch, version)

    def open(self) -> Iterator[Refusal]:
        """The batches that still wait, by name."""
        for entry in self.store.entries(f"quarantine/{self.dataset}/"):
            refusal = self._read(entry.key)
            if refusal is not None and refusal.version is None:
                yield refusal

    def holding(self, before: Watermark | None, source: str) -> Refusal | None:
        """A refused batch of the source that a fetch would read again from there."""
        mine = (each for each in self.open() if each.after is not None and each.after.source == source)
        return next((each for each in mine if each.before == before), None)

    def _read(self, key: str) -> Refusal | None:
        found = self.store.get_with_etag(key)
        return None if found is None else Refusal.model_validate_json(found[0])

    def _write(self, refusal: Refusal) -> None:
        key = report_key(self.dataset, refusal.batch)
        found = self.store.get_with_etag(key)
        body = canonical(refusal.model_dump(mode="json"))
        self.store.swap(key, body, found[1] if found else None, content_type=JSON)
