"""A landing batch: its name, its files, and the marker that closes it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from evergreen.data.batches import Batch
from evergreen.data.canonical import canonical, digest
from evergreen.data.manifest import Watermark
from evergreen.errors import DataRefused
from evergreen.project.schema import Data

MARKER = "_SUCCESS"
# How a source is read, and not what: a limit that was raised begins nothing anew.
_HOW: Any = {"every": True, "lag": True, "sql": {"tls"}, "http": {"secret", "header", "page", "max_pages", "max_size"}}
FETCHED = "fetch-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,127}")
_MARKED = re.compile(rf"landing/(?P<dataset>[^/]+)/(?P<batch>[^/]+)/{MARKER}")


class LandedFile(BaseModel):
    """One file of a batch, as it was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str
    sha256: str
    size: int


class Marker(BaseModel):
    """What `_SUCCESS` says. An empty one, made by hand, closes whatever lies beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: int = 1
    files: tuple[LandedFile, ...] | None = None
    before: Watermark | None = None
    after: Watermark | None = None
    as_of: str | None = None

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.model_dump(mode="json", exclude_none=True))


def read_marker(body: bytes, *, name: str) -> Marker:
    """Ours, or an empty one for a marker of another program; a broken one of ours is refused."""
    try:
        document = json.loads(body)
    except ValueError:
        return Marker()
    if not isinstance(document, dict) or "format" not in document:
        return Marker()
    try:
        return Marker.model_validate(document)
    except ValidationError as error:
        raise DataRefused(f"{name}: the marker is not what Evergreen writes; land the batch again") from error


def source_identity(data: Data) -> str:
    """What a source is known by: another query, address or prefix is another source, with a watermark of its own."""
    source = data.source
    assert source is not None
    said = source.model_dump(mode="json", exclude=_HOW, exclude_none=True)
    return digest([data.dataset, said])[:32]


def fetched_name(source: str, before: Watermark | None, after: Watermark, files: Sequence[tuple[str, str]]) -> str:
    """The name of what a reading took: the same reading, made again, lands under the same name."""
    marks = [mark.model_dump() if mark else None for mark in (before, after)]
    return FETCHED + digest([source, *marks, [list(file) for file in files]])[:32]


def batch_of(name: str, marker: Marker, content: str) -> Batch:
    """What the history knows the batch by. A folder that is used again with other content is another batch."""
    if marker.after is not None:
        return Batch(name, marker.before, marker.after)
    return Batch(digest([name, content]))


def folder_key(dataset: str, batch: str) -> str:
    """Where a batch lands."""
    return f"landing/{dataset}/{batch}/"


def report_key(dataset: str, batch: str) -> str:
    """Where it is said why a batch was refused."""
    return f"quarantine/{dataset}/{batch}/report.json"


def marked(key: str, dataset: str) -> str | None:
    """The batch that a marker closes, or None for another key.

    >>> marked("landing/flights/2013-04/_SUCCESS", "flights"), marked("landing/flights/2013-04/a.csv", "flights")
    ('2013-04', None)
    """
    found = _MARKED.fullmatch(key)
    return found["batch"] if found and found["dataset"] == dataset else None


def check_name(name: str) -> str:
    """The name, if a batch may be called so."""
    if not _NAME.fullmatch(name):
        raise DataRefused(f"{name!r} cannot name a batch; write letters, digits, dots and dashes")
    return name


def local_path(folder: Path, path: str) -> Path:
    """Where a landed file is brought to; no name leads out of the folder, or to another file of the batch."""
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path:
        raise DataRefused(f"{path!r} cannot name a file of a batch")
    found = folder.joinpath(*parts)
    if found.exists():
        raise DataRefused(f"{path!r}: on a disk another file of the batch has the same name; rename one of them")
    return found
