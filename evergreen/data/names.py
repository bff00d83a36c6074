"""Which version a person means: a number, a tag, the beginning of an id, or the newest."""

from __future__ import annotations

import re

from evergreen.data.manifest import Branch, Manifest, Tag, branch_key, tag_key
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
        tagged = versions.store.get_with_etag(tag_key(dataset, name)) if _TAG.fullmatch(name) else None
        if tagged is not None:
            return versions.manifest(dataset, Tag.model_validate_json(tagged[0]).manifest)
    by_id = _ID.fullmatch(name) is not None
    for logged in versions.history(dataset, head):
        if logged.manifest.version == name or (by_id and logged.id.startswith(name)):
            return logged.manifest
    raise NotFound(f"{dataset} has no version, tag or id {name!r}; its newest is {head.version} (evergreen data log)")


def tag(versions: Versions, dataset: str, name: str, manifest: Manifest) -> None:
    """Give a version a name; a name never moves."""
    if not _TAG.fullmatch(name) or name in NEWEST or _ID.fullmatch(name):
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
    return {
        key.removeprefix(prefix).removesuffix(".json"): Tag.model_validate_json(versions.store.get(key)) for key in keys
    }


def datasets(versions: Versions) -> list[str]:
    """The datasets that have a version."""
    keys = (entry.key for entry in versions.store.entries("datasets/"))
    return [key.split("/")[1] for key in keys if key == branch_key(key.split("/")[1])]


def adopt(versions: Versions, manifest: Manifest, branch: Branch) -> bool:
    """Point the branch of another store's copy at a version that its history leads to."""
    found = versions.store.get_with_etag(branch_key(manifest.dataset))
    if found is not None:
        here = Branch.model_validate_json(found[0])
        if here.manifest == branch.manifest:
            return False
        if not any(logged.id == here.manifest for logged in versions.history(manifest.dataset, manifest)):
            raise EvergreenError(
                f"{manifest.dataset} {here.version} of this store is not in the history of {manifest.version}; "
                "pull into another directory"
            )
    etag = found[1] if found else None
    if not versions.store.swap(branch_key(manifest.dataset), branch.to_bytes(), etag, content_type=JSON):
        raise EvergreenError(f"another writer moved {manifest.dataset} in this store; pull again")
    return True
