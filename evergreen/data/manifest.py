"""A data version: an immutable list of content-addressed objects. The hash of its bytes is its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from evergreen.data.canonical import canonical, sha256
from evergreen.data.keys import file_key, object_key
from evergreen.versioning import ColumnSchema, next_data_version

NewFiles = Literal["append", "replace"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ManifestColumn(_Frozen):
    """One column: its name, arrow type and whether any row lacks a value."""

    name: str
    type: str
    nullable: bool


class DataObject(_Frozen):
    """One stored Parquet part. `content` is the hash of its rows, whatever file they are written in."""

    sha256: str
    size: int
    rows: int
    content: str | None = None


class StoredFile(_Frozen):
    """One file that is no table, stored whole."""

    path: str
    sha256: str
    size: int


class JoinedVersion(_Frozen):
    """A version of another dataset whose columns the rows got."""

    dataset: str
    version: str
    manifest: str


class Source(_Frozen):
    """The file or folder that a version was committed from; a folder's hash is that of its names and hashes."""

    name: str
    sha256: str
    joined: tuple[JoinedVersion, ...] = ()

    @model_serializer(mode="wrap")
    def _said(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without joins nothing is said of them: a version's hash is what it was before there were any."""
        document: dict[str, Any] = fields(self)
        return document if self.joined else {name: value for name, value in document.items() if name != "joined"}


class Watermark(_Frozen):
    """How far a source has been read: the newest value, and which rows near it are known (`seen`, by its hash)."""

    source: str
    value: str | int | float
    seen: str | None = None


class Manifest(_Frozen):
    """One version of a dataset: rows in parts, or whole files. `part_rows` is the size its parts were cut to.

    `batch` is the landing batch that it came from; `watermarks` are handed on from version to version.
    `warnings` are the rules that its newest rows break, and that only warn.
    """

    format: Literal[1] = 1
    dataset: str
    version: str
    parent: str | None
    columns: tuple[ManifestColumn, ...]
    rows: int
    objects: tuple[DataObject, ...]
    new_files: NewFiles
    committed_at: str
    message: str
    source: Source
    part_rows: int | None = None
    files: tuple[StoredFile, ...] = ()
    batch: str | None = None
    watermarks: tuple[Watermark, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The canonical bytes: sorted keys, no spaces; what a version does not use is not mentioned."""
        document = self.model_dump(mode="json")
        for name in ("part_rows", "files", "batch", "watermarks", "warnings"):
            if not document[name]:
                del document[name]
        for item in document["objects"]:
            if item["content"] is None:
                del item["content"]
        return canonical(document)

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the canonical bytes."""
        return sha256(self.to_bytes())

    def watermark(self, source: str) -> Watermark | None:
        """How far a source had been read, as of this version."""
        return next((mark for mark in self.watermarks if mark.source == source), None)

    def keys(self) -> Iterator[str]:
        """Where the version's bytes are stored."""
        yield from self.sizes()

    def sizes(self) -> dict[str, int]:
        """The bytes of each stored object, by its key."""
        return sizes_by_key(self.objects, self.files)


class Tag(_Frozen):
    """A name for one version, given once."""

    manifest: str
    version: str

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.model_dump(mode="json"))


class Branch(_Frozen):
    """The pointer to a dataset's newest version; `sequence` counts its moves."""

    manifest: str
    version: str
    sequence: int

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.model_dump(mode="json"))


def folders_above(path: str) -> Iterator[str]:
    """The folders that a file's path names, the outermost first.

    >>> list(folders_above("a/b/c.jpg"))
    ['a', 'a/b']
    """
    return accumulate(path.split("/")[:-1], "{}/{}".format)


def sizes_by_key(objects: Sequence[DataObject], files: Sequence[StoredFile]) -> dict[str, int]:
    """The bytes of each stored object, by its key."""
    parts = {object_key(item.sha256): item.size for item in objects}
    return parts | {file_key(item.sha256): item.size for item in files}


def sagemaker_manifest(manifest: Manifest, bucket: str) -> bytes:
    """The version as a `ManifestFile` data source: a prefix, then one key for each object."""
    return canonical([{"prefix": f"s3://{bucket}/"}, *(object_key(item.sha256) for item in manifest.objects)])


def next_version(
    previous: Manifest | None, new_schema: Sequence[ManifestColumn], files: Sequence[StoredFile] = ()
) -> str:
    """The version number after `previous` for data with `new_schema`, or for these whole files."""
    if previous is None:
        return next_data_version(None, [], [])
    before = [*_schema(previous.columns), *_paths(previous.files)]
    return next_data_version(previous.version, before, [*_schema(new_schema), *_paths(files)])


def _schema(columns: Sequence[ManifestColumn]) -> list[ColumnSchema]:
    return [ColumnSchema(column.name, column.type, column.nullable) for column in columns]


def _paths(files: Sequence[StoredFile]) -> list[ColumnSchema]:
    """A path is to its readers what a column is: gone is MAJOR, new is MINOR."""
    return [ColumnSchema(f"/{item.path}", "file", nullable=False) for item in files]
