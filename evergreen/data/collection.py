"""Garbage: what no version reaches, found and removed while others commit.

A collection raises a flag, lists what is older than the grace period, then reads every root, and only then deletes. A
commit makes all that it needs young and looks at the flag after that: either the collection lists young objects and
spares them, or the commit sees the flag and makes sure again. So neither has to wait for the other to be safe.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from evergreen.data.canonical import canonical
from evergreen.data.manifest import (
    Branch,
    Manifest,
    Tag,
    manifest_key,
    object_key,
    profile_key,
    sagemaker_key,
    version_profile_key,
)
from evergreen.data.store import JSON, Store, Stored
from evergreen.errors import CommitConflict

STATE = "gc/state.json"
GRACE_SECONDS = 24 * 3600  # longer than any commit takes
_CONTENT = ("objects/", "files/", "profiles/", "ingests/")


class Epoch(NamedTuple):
    """How many collections have begun, and whether one is going on."""

    number: int
    running: bool


@dataclass(frozen=True)
class Garbage:
    """What a collection removed, or would."""

    keys: tuple[str, ...]
    size: int
    kept: int
    young: int
    dry_run: bool


def epoch(store: Store) -> Epoch:
    """The state of the collections."""
    return _state(store)[0]


def collect(store: Store, *, grace: float = GRACE_SECONDS, dry_run: bool = False, roots: Iterable[str] = ()) -> Garbage:
    """Remove what is older than `grace` and not reached by a branch, a tag, a published table or one of the `roots`.

    Roots are ids of manifests.
    """
    if dry_run:
        now = max((entry.modified for entry in store.entries("")), default=0.0)
        return _garbage(store, now, grace, roots, dry_run=True)
    number = _raise_flag(store)
    now = next(store.entries(STATE)).modified
    found = _garbage(store, now, grace, roots, dry_run=False)
    # Notes about objects go before the objects: what is left after a death never promises what is not there.
    store.delete([key for key in found.keys if key.startswith("ingests/")])
    store.delete([key for key in found.keys if not key.startswith("ingests/")])
    _lower_flag(store, number)
    return found


def reachable(store: Store, roots: Iterable[str] = ()) -> Iterator[tuple[str, Manifest]]:
    """Every version that branches, tags, published tables or `roots` lead to, and those that its rows were joined with.

    With the key of its manifest.
    """
    listed = [entry.key for entry in store.entries("datasets/")]
    wanted = {*roots, *(id_ for key in listed if "/published/" in key for id_ in _published(store, key))}
    pending = [key for key in listed if "/manifests/" in key and _name(key) in wanted]
    for key in listed:
        _, dataset, kind, *_ = key.split("/")
        if kind in ("branches", "tags"):
            body = store.get(key)
            pointer = Branch.model_validate_json(body) if kind == "branches" else Tag.model_validate_json(body)
            pending.append(manifest_key(dataset, pointer.manifest))
    seen, held = set(), set(listed)
    while pending:
        key = pending.pop()
        if key in seen:
            continue
        seen.add(key)
        manifest = Manifest.model_validate_json(store.get(key))
        yield key, manifest
        if manifest.parent:
            pending.append(manifest_key(manifest.dataset, manifest.parent))
        joined = (manifest_key(each.dataset, each.manifest) for each in manifest.source.joined)
        pending += [key for key in joined if key in held]  # a pulled copy may be without them


def _published(store: Store, key: str) -> list[str]:
    """The ids of the versions that a table of some catalog refers to (`evergreen.data.publishing`)."""
    found: list[str] = json.loads(store.get(key))["manifests"]
    return found


def _garbage(store: Store, now: float, grace: float, roots: Iterable[str], *, dry_run: bool) -> Garbage:
    candidates = [entry for prefix in (*_CONTENT, "datasets/") for entry in store.entries(prefix)]
    kept: set[str] = set()
    for key, manifest in reachable(store, roots):
        kept.add(key)
        kept.add(sagemaker_key(manifest.dataset, _name(key)))
        kept.add(version_profile_key(_name(key)))
        kept.update(manifest.keys())
        kept.update(profile_key(item.sha256) for item in manifest.objects)
    loose = [entry for entry in candidates if _collectable(entry.key) and entry.key not in kept]
    loose = [entry for entry in loose if not (entry.key.startswith("ingests/") and _listed(store, entry) <= kept)]
    old = [entry for entry in loose if now - entry.modified >= grace]
    gone = {entry.key for entry in old}
    broken = [entry for entry in loose if entry.key.startswith("ingests/") and entry.key not in gone]
    old += [entry for entry in broken if _listed(store, entry) & gone]
    return Garbage(
        keys=tuple(entry.key for entry in old),
        size=sum(entry.size for entry in old),
        kept=len(kept),
        young=len(loose) - len(old),
        dry_run=dry_run,
    )


def _listed(store: Store, note: Stored) -> set[str]:
    """The objects that a note of what a source became promises."""
    return {object_key(item["sha256"]) for item in json.loads(store.get(note.key))["objects"]}


def _collectable(key: str) -> bool:
    return key.startswith(_CONTENT) or "/manifests/" in key or "/sagemaker/" in key


def _name(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]


def _state(store: Store) -> tuple[Epoch, str | None]:
    found = store.get_with_etag(STATE)
    if found is None:
        return Epoch(0, running=False), None
    document = json.loads(found[0])
    return Epoch(document["epoch"], document["running"]), found[1]


def _raise_flag(store: Store) -> int:
    before, etag = _state(store)
    body = canonical({"epoch": before.number + 1, "running": True})
    if not store.swap(STATE, body, etag, content_type=JSON):
        raise CommitConflict("another collection has just begun; let it finish")
    return before.number + 1


def _lower_flag(store: Store, number: int) -> None:
    now, etag = _state(store)
    if now == (number, True):
        store.swap(STATE, canonical({"epoch": number, "running": False}), etag, content_type=JSON)
