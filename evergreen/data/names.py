"""Which version a person means: a number, a tag, the beginning of an id, or the newest."""

from __future__ import annotations

import re
from collections.abc import Collection

from evergreen.data.keys import branch_key, tag_key
from evergreen.data.manifest import Branch, Manifest, Tag
from evergreen.data.pointers import branch_of, tag_at
from evergreen.data.store import JSON
from evergreen.data.versions import Versions
from evergreen.errors import EvergreenError, NotFound
from evergreen.versioning import is_version

NEWEST = ("head", "main", "latest")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,62}")
_ID = re.compile(r"[0-9a-f]{6,64}")


def find(versions: Versions, dataset: str, name: str = "head") -> Manifest:
    """The version called `name`; NotFound says which ones there are."""
    head = versions.head(dataset)
    if head is None:
        raise NotFound(f"{dataset} has no version yet; commit one: evergreen data commit FILE")
    if name in NEWEST:
        return head
    if not is_version(name):
        tagged = tag_at(versions.store, tag_key(dataset, name)) if _TAG.fullmatch(name) else None
        if tagged is not None:
            return versions.manifest(dataset, tagged.manifest)
    by_id = _ID.fullmatch(name) is not None
    for logged in versions.history(dataset, head):
        if logged.manifest.version == name or (by_id and logged.id.startswith(name)):
            return logged.manifest
    raise NotFound(f"{dataset} has no version, tag or id {name!r}; its newest is {head.version} (evergreen data log)")


def tag(versions: Versions, dataset: str, name: str, manifest: Manifest) -> None:
    """Give a version a name; a name never moves."""
    if name.lower() in NEWEST:
        raise EvergreenError(f"{name!r} cannot be a tag: {', '.join(NEWEST)} mean the newest version")
    if _ID.fullmatch(name):
        raise EvergreenError(
            f"{name!r} cannot be a tag: it could be the beginning of an id; add a dash, as in q1-{name}"
        )
    if not _TAG.fullmatch(name):
        raise EvergreenError(f"{name!r} cannot be a tag; write letters, digits, dots and dashes, such as q1-audit")
    body = Tag(manifest=manifest.id, version=manifest.version).to_bytes()
    if not versions.store.put_new(tag_key(dataset, name), body, content_type=JSON):
        named = find(versions, dataset, name)
        raise EvergreenError(f"{name} is the tag of {dataset} {named.version} already; tags do not move")


def untag(versions: Versions, dataset: str, name: str) -> None:
    """Take a name away; the version stays as long as something else leads to it."""
    key = tag_key(dataset, name)
    if not _TAG.fullmatch(name) or not versions.store.exists(key):
        raise NotFound(f"{dataset} has no tag {name!r}")
    versions.store.delete([key])


def tags(versions: Versions, dataset: str) -> dict[str, Tag]:
    """Every tag by name."""
    prefix = tag_key(dataset, "x").removesuffix("x.json")
    keys = [entry.key for entry in versions.store.entries(prefix)]
    found = {key.removeprefix(prefix).removesuffix(".json"): tag_at(versions.store, key) for key in keys}
    return {name: tag for name, tag in found.items() if tag is not None}


def datasets(versions: Versions) -> list[str]:
    """The datasets that have a version."""
    keys = (entry.key for entry in versions.store.entries("datasets/"))
    return [key.split("/")[1] for key in keys if key == branch_key(key.split("/")[1])]


def check_leads_on(versions: Versions, dataset: str, history: Collection[str], version: str) -> None:
    """EvergreenError when this store's newest version is not one of a `history` of ids that ends with `version`."""
    found = branch_of(versions.store, dataset)
    if found is not None and found[0].manifest not in history:
        raise EvergreenError(
            f"{dataset} {found[0].version} of this store is not in the history of {version}; "
            "pull into another directory"
        )


def adopt(versions: Versions, dataset: str, history: Collection[str], branch: Branch) -> None:
    """Point the branch of another store's copy at a version that its history leads to."""
    check_leads_on(versions, dataset, history, branch.version)
    found = branch_of(versions.store, dataset)
    if found is not None and found[0].manifest == branch.manifest:
        return
    etag = found[1] if found else None
    if not versions.store.swap(branch_key(dataset), branch.to_bytes(), etag, content_type=JSON):
        raise EvergreenError(f"another writer moved {dataset} in this store; pull again")
