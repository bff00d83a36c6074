"""One reading of a source: what is new goes into a folder, with the marker that will close its batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evergreen.data.canonical import sha256
from evergreen.data.hashing import file_hash
from evergreen.data.manifest import Watermark
from evergreen.data.sources import SEEN, found_files
from evergreen.errors import SourceFailed
from evergreen.sources.batch import Marker, fetched_name
from evergreen.sources.boundary import Boundary
from evergreen.sources.files import RowFiles
from evergreen.sources.partitions import Partition
from evergreen.sources.rows import line_of, plain, row_hash
from evergreen.sources.values import Key, as_value, less, order

BATCH_SIZE = 1 << 30  # bytes: what a function's disk and a commit's time are sure to hold


@dataclass(frozen=True)
class Reading:
    """A batch to land: its folder, how much it is, and whether the source holds more."""

    batch: str
    folder: Path
    marker: Marker
    rows: int | None
    size: int
    more: bool


@dataclass(frozen=True)
class Rows:
    """Rows that a source answers with, from a watermark on; `ordered` ones come oldest first."""

    name: str
    rows: Iterable[Mapping[str, Any]]
    field: str
    ordered: bool


def read_new(
    found: Rows, boundary: Boundary, folder: Path, *, source: str, before: Watermark | None, most: int = BATCH_SIZE
) -> Reading | None:
    """The rows that no earlier reading took; None when there are none."""
    more = False
    with RowFiles(folder) as files:
        for line in _new_lines(found, boundary):
            files.write(line)
            if found.ordered and files.size >= most:
                more = True
                break
    if files.rows == 0 or boundary.value is None:
        return None
    seen = boundary.seen(broken_off=more)
    (folder / SEEN).write_bytes(seen)
    after = Watermark(source=source, value=boundary.value, seen=sha256(seen))
    return _reading(folder, before, after, rows=files.rows, size=files.size, more=more)


def read_all(
    name: str, rows: Iterable[Mapping[str, Any]], folder: Path, *, source: str, before: Watermark | None
) -> Reading | None:
    """Every row of a source without a watermark; None when they are those of the last time."""
    hashes = hashlib.sha256()
    with RowFiles(folder) as files:
        for number, row in enumerate(rows, start=1):
            values = plain(row, where=f"{name}: row {number:,}")
            hashes.update(row_hash(values).encode())
            files.write(line_of(values))
    if files.rows == 0:
        raise SourceFailed(f"{name}: has no rows, and would replace the whole dataset with nothing")
    content = hashes.hexdigest()
    if before is not None and before.value == content:
        return None
    after = Watermark(source=source, value=content)
    return _reading(folder, before, after, rows=files.rows, size=files.size, more=False)


def read_partitions(
    taken: Sequence[Partition], folder: Path, *, source: str, before: Watermark | None, more: bool
) -> Reading:
    """Partitions whose files were brought into the folder."""
    after = Watermark(source=source, value=taken[-1].name)
    size = sum(partition.size for partition in taken)
    return _reading(folder, before, after, rows=None, size=size, more=more)


def _reading(
    folder: Path, before: Watermark | None, after: Watermark, *, rows: int | None, size: int, more: bool
) -> Reading:
    name = fetched_name(after.source, before, after, _hashes(folder))
    return Reading(name, folder, Marker(before=before, after=after), rows, size, more)


def _hashes(folder: Path) -> list[tuple[str, str]]:
    return [(file.name, file_hash(file.path)) for file in found_files(folder)]


def _new_lines(found: Rows, boundary: Boundary) -> Iterator[bytes]:
    last: Key | None = None
    for number, row in enumerate(found.rows, start=1):
        where = f"{found.name}: row {number:,}"
        values = plain(row, where=where)
        if found.field not in row:
            raise SourceFailed(f"{where}: has no {found.field}, the watermark; it has {', '.join(row)}")
        value = as_value(row[found.field], where=f"{where}, {found.field}")
        key = order(value, where=where)
        if found.ordered and last is not None and less(key, last, where=where):
            raise SourceFailed(f"{where}: {value} comes after a newer row; the query needs `order by {found.field}`")
        last = key
        if boundary.take(value, row_hash(values), where=where):
            yield line_of(values)
