"""Garbage: what no version reaches, found and removed while others commit.

A collection raises a flag, lists what there is, then reads every root, and only then deletes. A commit stores all that
it needs, then its manifest, and looks at the flag after that, just before its pointer moves. So either the collection
lists a manifest that is younger than `ROUND_SECONDS`, and keeps what it leads to, or the commit sees the flag and makes
sure again. Neither has to wait for the other to be safe, whatever the grace period: one that is too short for a commit
only makes it start anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from evergreen.data.canonical import parsed
from evergreen.data.flag import STATE, modified, raise_flag
from evergreen.data.keys import manifest_key, object_key, profile_key, sagemaker_key, version_profile_key
from evergreen.data.manifest import Manifest
from evergreen.data.pointers import manifest_at, pointed_at
from evergreen.data.store import Store, Stored
from evergreen.errors import NotFound, StoreFailed

GRACE_SECONDS = 24 * 3600
ROUND_SECONDS = 3600  # longer than it takes from a manifest to its pointer, which is a few requests
_CONTENT = ("objects/", "files/", "profiles/", "ingests/")
_LIST, _READ, _BATCH = 100_000, 200, 1000  # entries, documents and deletions of one step
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Garbage:
    """What a collection removed, or would."""

    keys: tuple[str, ...]
    size: int
    kept: int
    young: int
    dry_run: bool


def collect(
    store: Store,
    *,
    grace: float = GRACE_SECONDS,
    dry_run: bool = False,
    now: float | None = None,
    roots: Iterable[str] = (),
) -> Garbage:
    """Remove what is older than `grace` and not reached by a branch, a tag, a published table or one of the `roots`.

    Roots are ids of manifests. `now` is the time of a dry run, which has none of the store's; default: its newest
    object's.
    """
    if dry_run:
        newest = max((entry.modified for entry in store.entries("")), default=0.0)
        return _garbage(store, newest if now is None else now, grace, roots, dry_run=True, step=lambda: None)
    flag = raise_flag(store)
    try:
        found = _garbage(store, modified(store, STATE), grace, roots, dry_run=False, step=flag.renew)
        # Notes about objects go before the objects: what is left after a death never promises what is not there.
        notes = [key for key in found.keys if key.startswith("ingests/")]
        others = [key for key in found.keys if not key.startswith("ingests/")]
        for batch in chain(_batches(notes), _batches(others)):
            flag.renew()
            store.delete(batch)
    finally:
        flag.lower()
    return found


def reachable(store: Store, roots: Iterable[str] = ()) -> Iterator[tuple[str, Manifest]]:
    """Every version that branches, tags, published tables or `roots` lead to, and those that its rows were joined with.

    With the key of its manifest. StoreFailed when a pointer or a manifest is damaged or gone: what it leads to is
    unknown then.
    """
    listed = [entry.key for entry in store.entries("datasets/")]
    wanted = {*roots, *(id_ for key in listed if "/published/" in key for id_ in _published(store, key))}
    pending = [key for key in listed if "/manifests/" in key and _name(key) in wanted]
    for key in listed:
        if pointed := pointed_at(store, key):
            pending.append(pointed)
    seen, held = set(), set(listed)
    while pending:
        key = pending.pop()
        if key in seen:
            continue
        seen.add(key)
        manifest = _manifest(store, key)
        yield key, manifest
        if manifest.parent:
            pending.append(manifest_key(manifest.dataset, manifest.parent))
        joined = (manifest_key(each.dataset, each.manifest) for each in manifest.source.joined)
        pending += [key for key in joined if key in held]  # a pulled copy may be without them


def _manifest(store: Store, key: str) -> Manifest:
    try:
        return manifest_at(store, key)
    except NotFound as error:
        raise StoreFailed(f"{error}: what it led to is unknown, so nothing is collected; restore it") from error


def _published(store: Store, key: str) -> list[str]:
    """The ids of the versions that a table of some catalog refers to (`evergreen.data.publishing`)."""
    try:
        found: list[str] = parsed(store.get(key))["manifests"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreFailed(
            f"{store.uri(key)} is damaged: which versions a table refers to is unknown, so nothing is collected; "
            "restore it, or delete it when the table is gone"
        ) from error
    return found


def _garbage(
    store: Store, now: float, grace: float, roots: Iterable[str], *, dry_run: bool, step: Callable[[], None]
) -> Garbage:
    candidates = list(_paced(chain.from_iterable(map(store.entries, (*_CONTENT, "datasets/"))), _LIST, step))
    young = {_name(entry.key) for entry in candidates if _is_young_manifest(entry, now)}
    kept: set[str] = set()
    for key, manifest in _paced(reachable(store, {*roots, *young}), _READ, step):
        kept.add(key)
        kept.add(sagemaker_key(manifest.dataset, _name(key)))
        kept.add(version_profile_key(_name(key)))
        kept.update(manifest.keys())
        kept.update(profile_key(item.sha256) for item in manifest.objects)
    notes = (entry.key for entry in candidates if entry.key.startswith("ingests/"))
    promised = {key: _promised(store, key) for key in _paced(notes, _READ, step)}
    loose = [entry for entry in candidates if _collectable(entry.key) and entry.key not in kept]
    loose = [entry for entry in loose if not (entry.key in promised and promised[entry.key] <= kept)]
    old = [entry for entry in loose if now - entry.modified >= grace]
    gone = {entry.key for entry in old}
    old += [entry for entry in loose if entry.key not in gone and promised.get(entry.key, set()) & gone]
    return Garbage(
        keys=tuple(entry.key for entry in old),
        size=sum(entry.size for entry in old),
        kept=len(kept),
        young=len(loose) - len(old),
        dry_run=dry_run,
    )


def _is_young_manifest(entry: Stored, now: float) -> bool:
    """Whether a commit may be about to point at it."""
    return "/manifests/" in entry.key and now - entry.modified < ROUND_SECONDS


def _promised(store: Store, key: str) -> set[str]:
    """The objects that a note of what a source became promises; a damaged note promises what nobody has."""
    try:
        return {object_key(item["sha256"]) for item in parsed(store.get(key))["objects"]}
    except (ValueError, KeyError, TypeError):
        return {""}


def _collectable(key: str) -> bool:
    return key.startswith(_CONTENT) or "/manifests/" in key or "/sagemaker/" in key


def _name(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]


def _paced(items: Iterable[_Item], every: int, step: Callable[[], None]) -> Iterator[_Item]:
    """The items; a step is taken at first, and again after some of them."""
    for number, item in enumerate(items):
        if number % every == 0:
            step()
        yield item


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
