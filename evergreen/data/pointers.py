"""Manifests, branches and tags as a store holds them: what does not have the content that its name says is refused."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from evergreen.data.canonical import sha256
from evergreen.data.keys import branch_key, manifest_key
from evergreen.data.manifest import Branch, Manifest, Tag
from evergreen.data.store import Store
from evergreen.errors import StoreFailed

_Document = TypeVar("_Document", bound=BaseModel)
_POINTERS: dict[str, type[Branch | Tag]] = {"branches": Branch, "tags": Tag}
_RESTORE = "restore it from a copy (evergreen data verify names everything that is damaged)"


def manifest_at(store: Store, key: str) -> Manifest:
    """The version whose manifest is stored here; StoreFailed when its bytes do not have the hash that names them."""
    body = store.get(key)
    if not key.endswith(f"/{sha256(body)}.json"):
        raise StoreFailed(f"{store.uri(key)} does not have the content that its name says; {_RESTORE}")
    return parsed(Manifest, body, store, key)


def branch_of(store: Store, dataset: str) -> tuple[Branch, str] | None:
    """The pointer to a dataset's newest version with its etag, or None before the first commit."""
    found = store.get_with_etag(branch_key(dataset))
    return None if found is None else (parsed(Branch, found[0], store, branch_key(dataset)), found[1])


def tag_at(store: Store, key: str) -> Tag | None:
    """The tag that is stored here, or None."""
    found = store.get_with_etag(key)
    return None if found is None else parsed(Tag, found[0], store, key)


def pointed_at(store: Store, key: str) -> str | None:
    """The key of the manifest that a branch or a tag leads to; None when the key is of neither."""
    parts = key.split("/")
    shape = _POINTERS.get(parts[2]) if len(parts) == 4 else None
    return None if shape is None else manifest_key(parts[1], parsed(shape, store.get(key), store, key).manifest)


def parsed(shape: type[_Document], body: bytes, store: Store, key: str) -> _Document:
    """A stored document; StoreFailed names it when it is none."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise StoreFailed(f"{store.uri(key)} is damaged: it holds no {shape.__name__.lower()}; {_RESTORE}") from error
