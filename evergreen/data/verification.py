"""Re-hashing: every byte that a version is made of still has the content that its name says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

from pydantic import ValidationError

from evergreen.data.manifest import Branch, Manifest, Tag, manifest_key
from evergreen.data.sources import Progress, silent
from evergreen.data.store import Store
from evergreen.errors import EvergreenError, NotFound

_WORKERS = 8


@dataclass(frozen=True)
class Damage:
    """One object that is not what it should be, and the versions that need it."""

    key: str
    problem: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What a verification read."""

    versions: int
    objects: int
    size: int
    damages: tuple[Damage, ...]


def verify(store: Store, *, dataset: str | None = None, progress: Progress = silent) -> Verified:
    """Read everything that branches and tags lead to, and name what is damaged."""
    damages: list[Damage] = []
    needed: dict[str, tuple[int, list[str]]] = {}
    count = 0
    for manifest in _manifests(store, dataset, damages):
        count += 1
        name = f"{manifest.dataset} {manifest.version}"
        for key, size in manifest.sizes().items():
            needed.setdefault(key, (size, []))[1].append(name)
    total, done = sum(size for size, _ in needed.values()), 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        problems = pool.map(lambda key: _problem(store, key, needed[key][0]), needed)
        for (key, (size, names)), problem in zip(needed.items(), problems, strict=True):
            done += size
            progress("verifying", done, total)
            if problem:
                damages.append(Damage(key, problem, tuple(names)))
    return Verified(count, len(needed), total, tuple(damages))


def _manifests(store: Store, dataset: str | None, damages: list[Damage]) -> Iterator[Manifest]:
    pending = list(_pointed(store, dataset, damages))
    seen = set()
    while pending:
        key = pending.pop()
        if key in seen:
            continue
        seen.add(key)
        try:
            body = store.get(key)
            manifest = Manifest.model_validate_json(body)
        except NotFound:
            damages.append(Damage(key, "is not there", (key.split("/")[1],)))
            continue
        except ValidationError:
            damages.append(Damage(key, "is not a manifest", (key.split("/")[1],)))
            continue
        if not key.endswith(f"/{sha256(body).hexdigest()}.json"):
            damages.append(Damage(key, "has other content", (f"{manifest.dataset} {manifest.version}",)))
        yield manifest
        if manifest.parent:
            pending.append(manifest_key(manifest.dataset, manifest.parent))


def _pointed(store: Store, dataset: str | None, damages: list[Damage]) -> Iterable[str]:
    for entry in store.entries(f"datasets/{dataset}/" if dataset else "datasets/"):
        _, owner, kind, *_ = entry.key.split("/")
        if kind not in ("branches", "tags"):
            continue
        shape = Branch if kind == "branches" else Tag
        try:
            pointer = shape.model_validate_json(store.get(entry.key))
        except ValidationError:
            damages.append(Damage(entry.key, "is not a pointer to a version", (owner,)))
            continue
        yield manifest_key(owner, pointer.manifest)


def _problem(store: Store, key: str, size: int) -> str | None:
    content, read = sha256(), 0
    try:
        for piece in store.stream(key):
            content.update(piece)
            read += len(piece)
    except NotFound:
        return "is not there"
    except EvergreenError as error:
        return f"cannot be read: {error}"
    if read != size:
        return f"has {read:,} bytes instead of {size:,}"
    return None if content.hexdigest() in key else "has other content"
