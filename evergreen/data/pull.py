"""A dataset of one store copied into another, so that it can be used where the first cannot be reached."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from evergreen.data import flag
from evergreen.data.keys import branch_key, manifest_key, profile_key, seen_key, tag_key
from evergreen.data.manifest import Branch, Manifest, Tag
from evergreen.data.nameless import nameless
from evergreen.data.names import adopt, check_leads_on, tags
from evergreen.data.pointers import branch_of
from evergreen.data.sources import Progress, silent
from evergreen.data.store import JSON, Store, put_exactly
from evergreen.data.versions import Versions
from evergreen.errors import CommitConflict, EvergreenError, NotFound, StoreFailed

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

    The branch moves last but for the tags, and only forward. EvergreenError, before anything is copied, when the target
    holds other versions or another version under a tag.
    """
    begun = flag.begun(target.store)
    branch = _branch(source, dataset)
    history = [logged.manifest for logged in source.history(dataset, source.manifest(dataset, branch.manifest))]
    head, ids = history[0], {manifest.id for manifest in history}
    check_leads_on(target, dataset, ids, head.version)
    named = tags(source, dataset)
    _check_tags(target, dataset, named)
    sizes = {key: size for manifest in history for key, size in manifest.sizes().items()}
    missing = [key for key, size in sizes.items() if not target.store.touch(key, size)]
    total, done = sum(sizes[key] for key in missing), 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for key, _ in zip(missing, pool.map(lambda key: _copy(source.store, target.store, key), missing), strict=True):
            done += sizes[key]
            progress("pulling", done, total)
        small = [*_profiles(history), *_seen(head)]
        list(pool.map(lambda key: _copy_small(source.store, target.store, key), small))
    for manifest in reversed(history):
        key = manifest_key(dataset, manifest.id)
        put_exactly(target.store, key, manifest.to_bytes(), content_type=JSON)
        target.store.touch(key)
    if flag.ended(target.store, clock=manifest_key(dataset, head.id)).number != begun:
        raise CommitConflict(f"a collection (evergreen data gc) of {target.store.uri('')} ran meanwhile; pull again")
    adopt(target, dataset, ids, branch)
    for name, tag in named.items():
        target.store.put_new(tag_key(dataset, name), tag.to_bytes(), content_type=JSON)
    return Pulled(head.version, len(history), len(missing), total)


def _branch(source: Versions, dataset: str) -> Branch:
    found = branch_of(source.store, dataset)
    if found is None:
        raise NotFound(f"{dataset} has no version yet: {source.store.uri(branch_key(dataset))} does not exist")
    return found[0]


def _check_tags(target: Versions, dataset: str, named: Mapping[str, Tag]) -> None:
    for name, tag in tags(target, dataset).items():
        if name in named and named[name] != tag:
            raise EvergreenError(
                f"{name} is {dataset} {named[name].version} there and {tag.version} in this store; take it away with "
                f"evergreen data tag {name} --delete, or pull into another directory"
            )


def _profiles(history: list[Manifest]) -> list[str]:
    return list(dict.fromkeys(profile_key(item.sha256) for manifest in history for item in manifest.objects))


def _seen(head: Manifest) -> list[str]:
    """What a fetch into the copy needs to go on from the watermarks."""
    return [seen_key(head.dataset, mark.seen) for mark in head.watermarks if mark.seen]


def _copy(source: Store, target: Store, key: str) -> None:
    """One object by way of a file, so that none has to fit into memory; who dies leaves none."""
    content, folder = sha256(), Path(tempfile.gettempdir())
    try:
        with nameless(folder) as (file, place):
            for piece in source.stream(key):
                content.update(piece)
                file.write(piece)
            file.flush()
            if content.hexdigest() not in key:
                raise StoreFailed(
                    f"{source.uri(key)} does not have the content that its name says; run data verify there"
                )
            target.put_file(Path(place), key)
    except OSError as error:
        raise StoreFailed(f"writing a temporary file into {folder}: {error.strerror or error}") from error


def _copy_small(source: Store, target: Store, key: str) -> None:
    if not target.exists(key):
        found = source.get_with_etag(key)
        if found is not None:
            target.put_new(key, found[0])
