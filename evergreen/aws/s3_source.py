"""Partitions of an S3 prefix: listed from the watermark on, brought into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from evergreen.aws.objects import Objects, split_uri
from evergreen.data.sources import Progress
from evergreen.errors import StoreFailed
from evergreen.sources.batch import local_path
from evergreen.sources.partitions import Listed, Partition


class S3Prefix:
    """What lies below `s3://bucket/prefix/`."""

    def __init__(self, uri: str) -> None:
        bucket, self._prefix = split_uri(uri)
        self._objects = Objects(bucket)

    def listed(self, after: str | None) -> Iterator[Listed]:
        """Objects from the partition `after` on: names sort as time does."""
        start = self._prefix + after if after else None
        for found in self._objects.list_details(self._prefix, start_after=start):
            yield Listed(found["Key"].removeprefix(self._prefix), found["Size"])

    def bring(self, partitions: Sequence[Partition], folder: Path, progress: Progress) -> None:
        """Copy the partitions' objects to the same names below the folder."""
        items = [item for partition in partitions for item in partition.objects]
        total, done = sum(item.size for item in items), 0
        for item in items:
            path = local_path(folder, item.key)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    for piece in self._objects.stream(self._prefix + item.key):
                        file.write(piece)
            except OSError as error:
                raise StoreFailed(f"writing {path}: {error.strerror or error}") from error
            done += item.size
            progress("fetching", done, total)
