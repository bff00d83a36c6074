"""A data version: an immutable list of content-addressed objects. The hash of its bytes is its id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evergreen.data.canonical import canonical, sha256
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
    """One stored Parquet file."""

    sha256: str
    size: int
    rows: int


class Source(_Frozen):
    """The file that a version was committed from."""

    name: str
    sha256: str


class Manifest(_Frozen):
    """One version of a dataset."""

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

    def to_bytes(self) -> bytes:
        """The canonical bytes: sorted keys, no spaces."""
        return canonical(self.model_dump(mode="json"))

    @property
    def id(self) -> str:
        """The SHA-256 of the canonical bytes."""
        return sha256(self.to_bytes())


class Branch(_Frozen):
    """The pointer to a dataset's newest version; `sequence` counts its moves."""

    manifest: str
    version: str
    sequence: int

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.model_dump(mode="json"))


def object_key(sha: str) -> str:
    """Where an object is stored."""
    return f"objects/{sha[:2]}/{sha}.parquet"


def profile_key(sha: str) -> str:
    """Where an object's profile is stored."""
    return f"profiles/{sha[:2]}/{sha}.json"


def manifest_key(dataset: str, manifest_id: str) -> str:
    """Where a manifest is stored."""
    return f"datasets/{dataset}/manifests/{manifest_id}.json"


def branch_key(dataset: str) -> str:
    """Where the dataset's branch pointer is stored."""
    return f"datasets/{dataset}/branches/main.json"


def sagemaker_key(dataset: str, manifest_id: str) -> str:
    """Where the SageMaker manifest of a version is stored."""
    return f"datasets/{dataset}/sagemaker/{manifest_id}.manifest"


def sagemaker_manifest(manifest: Manifest, bucket: str) -> bytes:
    """The version as a `ManifestFile` data source: a prefix, then one key for each object."""
    return canonical([{"prefix": f"s3://{bucket}/"}, *(object_key(item.sha256) for item in manifest.objects)])


def next_version(previous: Manifest | None, new_schema: Sequence[ManifestColumn]) -> str:
    """The version number after `previous` for data with `new_schema`."""
    if previous is None:
        return next_data_version(None, [], [])
    return next_data_version(previous.version, _schema(previous.columns), _schema(new_schema))


def _schema(columns: Sequence[ManifestColumn]) -> list[ColumnSchema]:
    return [ColumnSchema(column.name, column.type, column.nullable) for column in columns]
