"""A version as files again: Parquet parts of a table, or the files that were stored whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from evergreen.data.manifest import Manifest, file_key, object_key
from evergreen.data.sources import Progress, file_hash, silent
from evergreen.data.store import Store
from evergreen.errors import EvergreenError, StoreFailed

_WORKERS = 8


@dataclass(frozen=True)
class Wanted:
    """One file to be: where, from which object, with which content."""

    path: Path
    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class CheckedOut:
    """What a checkout wrote and found there already."""

    written: int
    kept: int
    size: int


def checkout(
    store: Store, manifest: Manifest, folder: Path, *, force: bool = False, progress: Progress = silent
) -> CheckedOut:
    """Write the version's files below `folder`; one that is there already is not written again.

    Other content under a name that is needed is overwritten with `force` only. Each file appears whole or not at all.
    """
    wanted = _wanted(manifest, folder)
    missing = [item for item in wanted if not _is_there(item)]
    foreign = [item for item in missing if item.path.exists()]
    if foreign and not force:
        raise EvergreenError(f"{foreign[0].path} holds something else; check out to another folder, or use --force")
    total, done = sum(item.size for item in missing), 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for item, _ in zip(missing, pool.map(lambda item: fetch(store, item), missing), strict=True):
            done += item.size
            progress("writing", done, total)
    return CheckedOut(written=len(missing), kept=len(wanted) - len(missing), size=total)


def fetch(store: Store, item: Wanted) -> None:
    """One object into one file; StoreFailed when the object is damaged or the disk is full."""
    part = item.path.with_name(f".{item.path.name}.{os.getpid()}.part")
    content = sha256()
    try:
        item.path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            for piece in store.stream(item.key):
                content.update(piece)
                file.write(piece)
        if content.hexdigest() != item.sha256:
            raise StoreFailed(f"{store.uri(item.key)} does not have the content that its name says")
        part.replace(item.path)
    except OSError as error:
        raise StoreFailed(f"writing {item.path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _wanted(manifest: Manifest, folder: Path) -> Sequence[Wanted]:
    parts = [
        Wanted(folder / f"part-{number:05d}.parquet", object_key(item.sha256), item.sha256, item.size)
        for number, item in enumerate(manifest.objects)
    ]
    root = folder.resolve()
    files = [Wanted(folder / item.path, file_key(item.sha256), item.sha256, item.size) for item in manifest.files]
    for item in files:
        if not item.path.resolve().is_relative_to(root):
            raise EvergreenError(f"{manifest.dataset} {manifest.version} names a file outside of its folder")
    return [*parts, *files]


def _is_there(item: Wanted) -> bool:
    try:
        return item.path.stat().st_size == item.size and file_hash(item.path) == item.sha256
    except OSError:
        return False
