"""What a commit would make: the next version of a dataset, computed before anything becomes visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evergreen.data.batches import Batch, handed_on
from evergreen.data.compatibility import combined
from evergreen.data.manifest import (
    DataObject,
    JoinedVersion,
    Manifest,
    ManifestColumn,
    NewFiles,
    Source,
    StoredFile,
    folders_above,
    next_version,
    sizes_by_key,
)
from evergreen.errors import DataRefused
from evergreen.versioning import Part, raised

if TYPE_CHECKING:
    from evergreen.validation.report import ValidationReport


@dataclass(frozen=True)
class Content:
    """What was read from one source and is in the store: parts of a table, or whole files."""

    source: Source
    objects: tuple[DataObject, ...] = ()
    columns: tuple[ManifestColumn, ...] = ()
    files: tuple[StoredFile, ...] = ()
    part_rows: int | None = None
    new_bytes: int = field(default=0, compare=False)
    epoch: int | None = field(default=None, compare=False)  # of the collections, before anything was stored
    warnings: tuple[str, ...] = field(default=(), compare=False)  # broken rules that do not refuse
    beside: str | None = field(default=None, compare=False)  # version whose keys were looked at; empty: there was none
    left_out: tuple[str, ...] = field(default=(), compare=False)  # files of the source that are not in it, and why
    report: ValidationReport | None = field(default=None, compare=False)  # when the rows were judged just now

    @property
    def rows(self) -> int:
        """The rows of all parts."""
        return sum(item.rows for item in self.objects)

    @property
    def size(self) -> int:
        """The stored bytes of all parts and files."""
        return sum(item.size for item in self.objects) + sum(item.size for item in self.files)

    def sizes(self) -> dict[str, int]:
        """The bytes of each stored object, by its key."""
        return sizes_by_key(self.objects, self.files)


@dataclass(frozen=True)
class Incoming:
    """Content that asks to become a version, and what is said about it."""

    content: Content
    mode: NewFiles
    message: str
    as_of: str
    bump: Part | None = None
    batch: Batch | None = None

    @property
    def source(self) -> str:
        """The name of the file or folder that it came from."""
        return self.content.source.name


@dataclass(frozen=True)
class CommitResult:
    """What a commit did; `unchanged` when the dataset held exactly this already."""

    version: str
    manifest_id: str
    rows: int
    new_rows: int
    unchanged: bool
    new_bytes: int = field(default=0, compare=False)


def holds(head: Manifest, incoming: Incoming) -> bool:
    """Whether committing this would change nothing; a batch that moves a watermark always does."""
    content = incoming.content
    if incoming.batch is not None and incoming.batch.after is not None:
        return False
    if incoming.mode == "replace":
        return head.objects == content.objects and head.files == content.files and _same_schema(head, content)
    return set(content.objects) <= set(head.objects) and set(content.files) <= set(head.files)


def next_manifest(dataset: str, head: Manifest | None, incoming: Incoming) -> Manifest:
    """The version after `head`; DataRefused when the rows cannot join those that are there."""
    content = incoming.content
    objects, columns, files = content.objects, content.columns, content.files
    if head is not None and incoming.mode == "append":
        _check_kind(head, content)
        objects = _appended(head, incoming)
        columns = tuple(combined(head.columns, columns, source=incoming.source))
        files = _overlaid(head.files, files)
        _check_paths(files, incoming.source)
    version = next_version(head, columns, files)
    return Manifest(
        dataset=dataset,
        version=raised(version, head.version if head else None, incoming.bump),
        parent=head.id if head else None,
        columns=columns,
        rows=sum(item.rows for item in objects),
        objects=objects,
        files=files,
        new_files=incoming.mode,
        committed_at=incoming.as_of,
        message=incoming.message,
        source=content.source,
        part_rows=content.part_rows,
        batch=incoming.batch.id if incoming.batch else None,
        watermarks=handed_on(head, incoming.batch),
        warnings=content.warnings,
    )


def together(contents: Sequence[Content], *, name: str, digest: str) -> Content:
    """Several sources as one; their parts are different objects."""
    first, *others = contents
    columns: Sequence[ManifestColumn] = first.columns
    for other in others:
        columns = combined(columns, other.columns, source=other.source.name)
    files = _overlaid((), [item for content in contents for item in content.files])
    _check_paths(files, name)
    return replace(
        first,
        source=Source(name=name, sha256=digest, joined=tuple(dict.fromkeys(_joined(contents)))),
        objects=tuple(item for content in contents for item in content.objects),
        columns=tuple(columns),
        files=files,
        new_bytes=sum(content.new_bytes for content in contents),
        warnings=tuple(warning for content in contents for warning in content.warnings),
        left_out=(),
        report=None,
    )


def _joined(contents: Sequence[Content]) -> list[JoinedVersion]:
    return [each for content in contents for each in content.source.joined]


def _same_schema(head: Manifest, content: Content) -> bool:
    return tuple(head.columns) == tuple(content.columns)


def _check_kind(head: Manifest, content: Content) -> None:
    if bool(head.files) != bool(content.files):
        kind = "whole files" if head.files else "a table"
        raise DataRefused(f"{content.source.name}: {head.dataset} holds {kind}; commit it to another dataset")


def _appended(head: Manifest, incoming: Incoming) -> tuple[DataObject, ...]:
    """The head's parts and the new ones. A part that is there already would be one object listed twice: read once.

    A source delivers equal rows as often as it has them, and the same files may land under two names. Some rows of
    the head among others, though, are how a file looks that has grown.
    """
    content, batch, known = incoming.content, incoming.batch, set(head.objects)
    if batch is not None and known.issuperset(content.objects):
        return head.objects  # its source's watermark moves all the same
    equal = {item.content for item in head.objects if item.content}
    again = sum(item.rows for item in content.objects if item in known or item.content in equal)
    delivered = batch is not None and (batch.after is not None or again == content.rows)
    if again and not (delivered and known.isdisjoint(content.objects)):
        raise DataRefused(
            f"{content.source.name}: {again:,} of its {content.rows:,} rows are in {head.dataset} {head.version} "
            "already; commit it with --replace if it is the whole table, or only its new rows"
        )
    return (*head.objects, *content.objects)


def _overlaid(old: Sequence[StoredFile], new: Sequence[StoredFile]) -> tuple[StoredFile, ...]:
    """Files by path; a new one takes the place of an old one of the same path."""
    found = {item.path: item for item in (*old, *new)}
    return tuple(found[path] for path in sorted(found))


def _check_paths(files: Sequence[StoredFile], source: str) -> None:
    """DataRefused when a file lies in a folder that has the name of another file: no disk can hold both."""
    paths = {item.path for item in files}
    folders = {folder for path in paths for folder in folders_above(path)}
    for both in sorted(paths & folders):
        raise DataRefused(
            f"{source}: {both} would be a file and a folder of files in one version; rename one of them, "
            "or commit all files with --replace"
        )
