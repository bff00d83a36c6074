"""A dataset of one store copied into another, so that it can be used where the first cannot be reached."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from evergreen.data.manifest import Branch, Manifest, branch_key, manifest_key, profile_key, seen_key, tag_key
from evergreen.data.names import adopt, find, tags
from evergreen.data.sources import Progress, silent
from evergreen.data.store import JSON, Store
from evergreen.data.versions import Versions
from evergreen.errors import StoreFailed

_WORKERS = 8


@dataclass(frozen=True)
class Pulled:
    """What a pull copied."""

    version: str
    versions: int
    objects: int
    size: int


def pull(source: Versions, target: Versions, dataset: str, *, progress: Progress = silent) -> Pulled:
    """Copy every version of a dataset. What is there already is not copied again: a pull that died goes on.

    The branch moves last, and only forward.
    """
    head = find(source, dataset)
    history = [logged.manifest for logged in source.history(dataset, head)]
    sizes = {key: size for manifest in history for key, size in manifest.sizes().items()}
    missing = [key for key in sizes if not target.store.exists(key)]
    total, done = sum(sizes[key] for key in missing), 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for key, _ in zip(missing, pool.map(lambda key: _copy(source.store, target.store, key), missing), strict=True):
            done += sizes[key]
            progress("pulling", done, total)
        small = [*_profiles(history), *_seen(head)]
        list(pool.map(lambda key: _copy_small(source.store, target.store, key), small))
    for manifest in reversed(history):
        key = manifest_key(dataset, manifest.id)
        target.store.put_new(key, manifest.to_bytes(), content_type=JSON)
    for name, tag in tags(source, dataset).items():
        target.store.put_new(tag_key(dataset, name), tag.to_bytes(), content_type=JSON)
    adopt(target, head, Branch.model_validate_json(source.store.get(branch_key(dataset))))
    return Pulled(head.version, len(history), len(missing), total)


def _profiles(history: list[Manifest]) -> list[str]:
    return list(dict.fromkeys(profile_key(item.sha256) for manifest in history for item in manifest.objects))


def _seen(head: Manifest) -> list[str]:
    """What a fetch into the copy needs to go on from the watermarks."""
    return [seen_key(head.dataset, mark.seen) for mark in head.watermarks if mark.seen]


def _copy(source: Store, target: Store, key: str) -> None:
    """One object by way of a file, so that none has to fit into memory."""
    content = sha256()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        try:
            with path.open("wb") as file:
                for piece in source.stream(key):
                    content.update(piece)
                    file.write(piece)
        except OSError as error:
            raise StoreFailed(f"writing {path}: {error.strerror or error}") from error
        if content.hexdigest() not in key:
            raise StoreFailed(f"{source.uri(key)} does not have the content that its name says; run data verify there")
        target.put_file(path, key)


def _copy_small(source: Store, target: Store, key: str) -> None:
    if not target.exists(key):
        found = source.get_with_etag(key)
        if found is not None:
            target.put_new(key, found[0])
