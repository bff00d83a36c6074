"""Profiles of versions from the profiles of their objects, each kept once it was made.

Objects are taken in the order of their hashes, whatever their order in the version, and merged flat as long as their
profiles fit into memory together; a larger version is merged in groups that its content alone decides. So who merges,
and when, does not change a byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from evergreen.data.canonical import canonical, sha256
from evergreen.data.keys import missing_profiles_key, object_key, profile_key, version_profile_key
from evergreen.data.manifest import DataObject, Manifest
from evergreen.data.sources import Progress, silent
from evergreen.data.store import JSON, Store, put_exactly
from evergreen.errors import CloudError, DataRefused, NotFound, StoreFailed
from evergreen.profiles.table import MOST_PARTS, TableProfile, merge, merge_parts

_A = TypeVar("_A")
_B = TypeVar("_B")

GROUP_BYTES = 256 << 20  # of profiles that are merged at once: in memory, two to four times that
_READERS = 16  # round trips, not bytes, take the time
_CORES = 2


@dataclass(frozen=True)
class Merged:
    """Whether a version's profile is there; if not, where the objects are listed that lack theirs."""

    objects: int
    missing: int = 0
    listed: str | None = None


@dataclass(frozen=True)
class Profiled:
    """How many profiles were made, and what is wrong with the objects that could not be profiled."""

    made: int
    refused: tuple[str, ...] = ()


def version_profile(store: Store, manifest: Manifest, *, keep: bool) -> TableProfile:
    """The merge of the objects' profiles; one that is missing or damaged is computed from its object and kept.

    With `keep` the merge is kept, too, compressed once: the next who asks reads one object instead of hundreds. A store
    that cannot be written answers all the same.
    """
    found = _found(store, version_profile_key(manifest.id))
    if found is not None:
        return found
    merged = _merged(manifest, partial(_kept_or_made, store))
    if not keep or len(manifest.objects) < 2:
        return merged
    content = merged.to_bytes()
    with suppress(StoreFailed, CloudError):
        put_exactly(store, version_profile_key(manifest.id), content)
    return TableProfile.from_bytes(content)


def merge_version(store: Store, manifest: Manifest) -> Merged:
    """Merge and keep a version's profile when every object has its own; otherwise list those that have none.

    Without any object to read: what is listed is for others to profile, as many at a time as they like. A profile that
    is damaged is none.
    """
    count = len(manifest.objects)
    if _found(store, version_profile_key(manifest.id)) is not None:
        return Merged(count)
    missing = unprofiled(store, manifest)
    merged: TableProfile | None = None
    try:
        merged = None if missing else _merged(manifest, partial(_kept, store))
    except NotFound:
        missing = [sha for sha in _distinct(manifest) if _found(store, profile_key(sha)) is None]
    if merged is None:
        body = canonical([{"sha256": sha} for sha in missing])
        key = missing_profiles_key(sha256(body))
        store.put_new(key, body, content_type=JSON)
        return Merged(count, len(missing), key)
    if count > 1:
        put_exactly(store, version_profile_key(manifest.id), merged.to_bytes())
    return Merged(count)


def unprofiled(store: Store, manifest: Manifest) -> list[str]:
    """The hashes of a version's objects that have no profile, in their order."""
    hashes = _distinct(manifest)
    with ThreadPoolExecutor(_READERS) as pool:
        there = pool.map(lambda sha: store.exists(profile_key(sha)), hashes)
        return [sha for sha, found in zip(hashes, there, strict=True) if not found]


def profile_objects(
    store: Store, hashes: Sequence[str], *, threads: int = _CORES, progress: Progress = silent
) -> Profiled:
    """Profile those of the objects that have no profile, and keep each; one that cannot be does not stop the others."""
    made, refused = 0, []
    with ThreadPoolExecutor(threads) as pool:
        for done, problem in enumerate(pool.map(lambda sha: _attempted(store, sha), hashes), 1):
            progress("profiling", done, len(hashes))
            made += problem == ""
            refused += [problem] if problem else []
    return Profiled(made, tuple(refused))


def _attempted(store: Store, sha: str) -> str | None:
    """What is wrong with the object; empty when its profile was made, None when it was there."""
    if _found(store, profile_key(sha)) is not None:
        return None
    try:
        put_exactly(store, profile_key(sha), _made(store, sha).to_bytes())
    except (DataRefused, NotFound) as error:
        return str(error)
    return ""


def _made(store: Store, sha: str) -> TableProfile:
    """Computed from the object's rows."""
    from evergreen.data.tables import from_parquet
    from evergreen.profiles.build import profile

    content = store.get(object_key(sha))
    if sha256(content) != sha:
        raise DataRefused(f"{store.uri(object_key(sha))} does not have the content that its name says")
    return profile(from_parquet(content))


def _found(store: Store, key: str) -> TableProfile | None:
    """A profile that was kept; None when there is none, or when it is damaged and to be made again."""
    found = store.get_with_etag(key)
    with suppress(DataRefused):
        return None if found is None else TableProfile.from_bytes(found[0])
    return None


def _kept(store: Store, sha: str) -> TableProfile:
    """An object's profile; NotFound when it is missing or damaged."""
    found = _found(store, profile_key(sha))
    if found is None:
        raise NotFound(f"the object {sha} has no profile")
    return found


def _kept_or_made(store: Store, sha: str) -> TableProfile:
    """An object's profile; one that is missing or damaged is made and kept, where the store can be written."""
    found = _found(store, profile_key(sha))
    if found is None:
        found = _made(store, sha)
        with suppress(StoreFailed, CloudError):
            put_exactly(store, profile_key(sha), found.to_bytes())
    return found


def _merged(manifest: Manifest, read: Callable[[str], TableProfile]) -> TableProfile:
    with ThreadPoolExecutor(_READERS) as pool:
        return merge_in_groups(_in_order(pool, read, _hashes(manifest.objects)))


def merge_in_groups(profiles: Iterable[TableProfile], *, limit: int = GROUP_BYTES) -> TableProfile:
    """The merge of all: flat as long as they are `limit` bytes together, else of as large groups as that.

    Each level of groups adds 1 / 4096 to the bound on the rank error, which the result carries.
    """
    groups: list[TableProfile] = []
    group: list[TableProfile] = []
    size = 0
    for each in profiles:
        size += len(each.to_bytes())
        if group and (size > limit or len(group) == MOST_PARTS):
            groups.append(_compressed(group))
            group, size = [], len(each.to_bytes())
        group.append(each)
    return merge([*groups, _compressed(group)]) if groups else merge(group)


def _compressed(group: Sequence[TableProfile]) -> TableProfile:
    return TableProfile([merge_parts(merge(group).parts)])


def _distinct(manifest: Manifest) -> list[str]:
    return list(dict.fromkeys(_hashes(manifest.objects)))


def _hashes(objects: Iterable[DataObject]) -> list[str]:
    return sorted(item.sha256 for item in objects)


def _in_order(pool: ThreadPoolExecutor, work: Callable[[_A], _B], values: Sequence[_A]) -> Iterator[_B]:
    """Some at a time, so that what was read does not pile up before it is merged."""
    for start in range(0, len(values), 4 * _READERS):
        yield from pool.map(work, values[start : start + 4 * _READERS])
