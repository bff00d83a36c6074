"""Datasets in S3: the versions of a deployment, with what its jobs read and its ledger records of them."""

from __future__ import annotations

import random
import time

from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.data.commits import CommitResult, Content, Incoming
from evergreen.data.keys import sagemaker_key
from evergreen.data.manifest import Manifest, sagemaker_manifest
from evergreen.data.sources import Progress, silent
from evergreen.data.store import JSON, put_exactly
from evergreen.data.versions import Logged, Versions

__all__ = ["CommitResult", "Datasets", "Logged"]

_PAUSE_SECONDS = 0.05


class Datasets(Versions):
    """The versions in one data bucket. Without a ledger it only reads."""

    def __init__(self, bucket: str | Objects, ledger: Ledger | None = None, *, progress: Progress = silent) -> None:
        self._objects = Objects(bucket) if isinstance(bucket, str) else bucket
        self._ledger = ledger
        super().__init__(self._objects, progress=progress, pause=_wait)
        self._writes = ledger is not None

    def publish(self, dataset: str, incoming: Incoming) -> CommitResult:
        """Make content of this bucket the next version, and say so in the ledger."""
        if self._ledger is None:
            raise ValueError("Datasets needs a ledger to commit")
        return super().publish(dataset, incoming)

    def _announce(self, manifest: Manifest) -> None:
        """The list of objects that SageMaker jobs read a version by."""
        if manifest.objects:
            listing = sagemaker_manifest(manifest, self._objects.bucket)
            put_exactly(self._objects, sagemaker_key(manifest.dataset, manifest.id), listing, content_type=JSON)

    def _record(self, manifest: Manifest, content: Content) -> None:
        assert self._ledger is not None
        evidence = {
            "dataset": manifest.dataset,
            "version": manifest.version,
            "manifest": manifest.id,
            "parent": manifest.parent,
            "rows": manifest.rows,
            "new_rows": content.rows,
            "objects": len(manifest.objects),
            "source": manifest.source.model_dump(),
            "message": manifest.message,
            **({"batch": manifest.batch} if manifest.batch else {}),
            **({"warnings": list(manifest.warnings)} if manifest.warnings else {}),
        }
        self._ledger.append(
            "data_version",
            at=manifest.committed_at,
            subject=f"{manifest.dataset} {manifest.version}",
            rule=manifest.new_files,
            evidence=evidence,
        )


def _wait(attempt: int) -> None:
    """A random pause spreads writers who lost the same round."""
    time.sleep(random.uniform(0, _PAUSE_SECONDS * (attempt + 1)))  # noqa: S311 - nothing is hidden by it
