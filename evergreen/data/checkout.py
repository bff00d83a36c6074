"""A version as files again: Parquet parts of a table, or the files that were stored whole.

A folder keeps a hidden note of what was checked out into it. What the note lists and nobody changed gives way to
another version; everything else in the folder is somebody's, and is neither overwritten nor removed unasked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from evergreen.data.checkout_note import OWN, Note, locked
from evergreen.data.hashing import file_hash
from evergreen.data.keys import file_key, object_key
from evergreen.data.manifest import Manifest, folders_above
from evergreen.data.sources import Progress, files_below, silent
from evergreen.data.store import Store
from evergreen.errors import EvergreenError, StoreFailed

_WORKERS = 8
_NEW = "new"  # beside the note: what was fetched and is in no place yet


@dataclass(frozen=True)
class Wanted:
    """One file to be: its name in the folder, from which object, with which content."""

    name: str
    path: Path
    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class CheckedOut:
    """What a checkout wrote, found there already and removed; `others` are files that no checkout wrote."""

    written: int
    kept: int
    removed: int
    others: int
    size: int


@dataclass(frozen=True)
class _Plan:
    missing: Sequence[Wanted]
    obsolete: Sequence[str]
    others: Sequence[str]


def checkout(
    store: Store, manifest: Manifest, folder: Path, *, force: bool = False, progress: Progress = silent
) -> CheckedOut:
    """Make the folder hold exactly the version's files; one that is there already is not written again.

    Files that were changed, or that no checkout of the dataset wrote, are refused. With `force` those of the version's
    names are overwritten, changed ones that it has not are removed, and files that no checkout wrote stay.
    Everything is fetched and verified before anything changes.
    """
    wanted = _wanted(manifest, folder)
    try:
        with locked(folder):
            note = Note(folder, manifest.dataset)
            plan = _plan(manifest, wanted, folder, note, force=force)
            _carried_out(store, wanted, plan, folder, note, progress)
    except OSError as error:
        raise StoreFailed(f"writing {error.filename or folder}: {error.strerror or error}") from error
    written, size = len(plan.missing), sum(item.size for item in plan.missing)
    return CheckedOut(written, len(wanted) - written, len(plan.obsolete), len(plan.others), size)


def parts_differ(manifest: Manifest, folder: Path) -> bool:
    """Whether a table that was checked out has parts without some of its columns, or with narrower numbers."""
    import pyarrow.parquet as pq

    schemas = [pq.read_schema(item.path) for item in _wanted(manifest, folder)] if manifest.objects else []
    return any(not schema.equals(schemas[0]) for schema in schemas)


def _plan(manifest: Manifest, wanted: Sequence[Wanted], folder: Path, note: Note, *, force: bool) -> _Plan:
    """What is to be done; EvergreenError names the first file that is in the way."""
    version = f"{manifest.dataset} {manifest.version}"
    names = {item.name for item in wanted}
    missing = [item for item in wanted if not _is_there(item)]
    obsolete = [name for name in note.files if name not in names and _is_below(folder, name)]
    others = [file.name for file in files_below(folder) if file.name not in names and file.name not in note.files]
    foreign = [item.path for item in missing if _is_no_folder(item.path) and not note.wrote(item.name)]
    if foreign and not force:
        raise EvergreenError(f"{foreign[0]} holds something else; check out to another folder, or use --force")
    changed = [name for name in obsolete if not note.wrote(name)]
    if changed and not force:
        raise EvergreenError(
            f"{folder / changed[0]} was changed after it was checked out, and {version} has no such file; "
            "move it away, or use --force, which removes it"
        )
    if others and not force:
        raise EvergreenError(
            f"{folder / others[0]} is no file of {version}, and no checkout wrote it; "
            "check out to another folder, or use --force, which leaves it there"
        )
    _check_folders(missing, folder, set(obsolete))
    return _Plan(missing, obsolete, others)


def _check_folders(missing: Sequence[Wanted], folder: Path, gone: set[str]) -> None:
    """EvergreenError when a folder is in the place of a file, or a file in that of a folder, even with `force`."""
    above = {name for item in missing for name in folders_above(item.name)}
    for name in above - gone:
        if _is_no_folder(folder / name):
            raise EvergreenError(f"{folder / name} is a file where the version has a folder; move it away")
    for item in missing:
        held = [path.relative_to(folder).as_posix() for path in item.path.rglob("*") if not path.is_dir()]
        if item.path.is_dir() and not gone.issuperset(held):
            raise EvergreenError(f"{item.path} is a folder where the version has a file; move it away")


def _carried_out(
    store: Store, wanted: Sequence[Wanted], plan: _Plan, folder: Path, note: Note, progress: Progress
) -> None:
    files = {item.name: [item.sha256] for item in wanted}
    new = folder / OWN / _NEW
    if not plan.missing and not plan.obsolete and note.files == files and not new.exists():
        return
    shutil.rmtree(new, ignore_errors=True)  # of a checkout that died
    new.mkdir(parents=True)
    try:
        _fetched(store, plan.missing, new, progress)
        note.write(files, also=note.files)
        _removed(folder, plan.obsolete)
        for number, item in enumerate(plan.missing):
            item.path.parent.mkdir(parents=True, exist_ok=True)
            _remove_empty(item.path)
            (new / str(number)).replace(item.path)
        note.write(files)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        with suppress(OSError):
            new.parent.rmdir()  # holds the note, if there is one


def _fetched(store: Store, missing: Sequence[Wanted], new: Path, progress: Progress) -> None:
    """Every object into a file of its own beside the others; StoreFailed when one is damaged."""
    total, done = sum(item.size for item in missing), 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        paths = [new / str(number) for number in range(len(missing))]
        for item, _ in zip(
            missing, pool.map(lambda item, path: _fetch(store, item, path), missing, paths), strict=True
        ):
            done += item.size
            progress("writing", done, total)


def _fetch(store: Store, item: Wanted, path: Path) -> None:
    content = sha256()
    with path.open("wb") as file:
        for piece in store.stream(item.key):
            content.update(piece)
            file.write(piece)
    if content.hexdigest() != item.sha256:
        raise StoreFailed(f"{store.uri(item.key)} does not have the content that its name says; run data verify")


def _removed(folder: Path, names: Sequence[str]) -> None:
    """Files that the version has not, and the folders that they leave empty."""
    for name in names:
        (folder / name).unlink()
    for parent in sorted({parent for name in names for parent in PurePosixPath(name).parents}, reverse=True):
        with suppress(OSError):
            if parent.parts:
                (folder / parent).rmdir()


def _remove_empty(folder: Path) -> None:
    """Folders without a file in the place of a file."""
    if folder.is_dir() and not folder.is_symlink():
        for path, _, _ in os.walk(folder, topdown=False):
            Path(path).rmdir()


def _wanted(manifest: Manifest, folder: Path) -> Sequence[Wanted]:
    parts = [
        Wanted(name := f"part-{number:05d}.parquet", folder / name, object_key(item.sha256), item.sha256, item.size)
        for number, item in enumerate(manifest.objects)
    ]
    root = os.path.realpath(folder)
    files = [
        Wanted(item.path, folder / item.path, file_key(item.sha256), item.sha256, item.size) for item in manifest.files
    ]
    for item in files:
        if ".." in PurePosixPath(item.name).parts or PurePosixPath(item.name).is_absolute():
            raise EvergreenError(
                f"{manifest.dataset} {manifest.version} names a file outside of its folder: {item.name}"
            )
        if not Path(os.path.realpath(item.path)).is_relative_to(root):
            raise EvergreenError(
                f"{item.path}: a link leads out of {folder}; remove the link, or check out to another folder"
            )
    return [*parts, *files]


def _is_no_folder(path: Path) -> bool:
    """Whether a file is there, or a link that leads nowhere."""
    return os.path.lexists(path) and not path.is_dir()


def _is_below(folder: Path, name: str) -> bool:
    """Whether there is such a file, and no link leads out of the folder to it."""
    path = folder / name
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _is_there(item: Wanted) -> bool:
    try:
        return item.path.stat().st_size == item.size and file_hash(item.path) == item.sha256
    except OSError:
        return False
