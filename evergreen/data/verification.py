"""Re-hashing: every byte that a version is made of still has the content that its name says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import ValidationError

from evergreen.data.canonical import sha256
from evergreen.data.keys import branch_key, manifest_key
from evergreen.data.manifest import Manifest
from evergreen.data.pointers import pointed_at
from evergreen.data.sources import Progress, silent
from evergreen.data.store import Store, measured
from evergreen.errors import EvergreenError, NotFound, StoreFailed

_WORKERS = 8


@dataclass(frozen=True)
class Damage:
    """One object that is not what it should be, and the versions that need it."""

    key: str
    problem: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """What a verification read. `headless` are datasets that hold manifests and no branch: no version of them exists.

    Either their first commit or pull died, or their pointer was lost.
    """

    versions: int
    objects: int
    size: int
    damages: tuple[Damage, ...]
    headless: tuple[str, ...] = ()


def verify(store: Store, *, dataset: str | None = None, progress: Progress = silent) -> Verified:
    """Read everything that branches and tags lead to, of one dataset or of all, and name what is damaged."""
    damages: list[Damage] = []
    listed = [entry.key for entry in store.entries(f"datasets/{dataset}/" if dataset else "datasets/")]
    needed: dict[str, tuple[int, list[str]]] = {}
    count = 0
    for manifest in _manifests(store, listed, damages):
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
    return Verified(count, len(needed), total, tuple(damages), _headless(listed))


def _headless(listed: Sequence[str]) -> tuple[str, ...]:
    owners = dict.fromkeys(key.split("/")[1] for key in listed if "/manifests/" in key)
    return tuple(owner for owner in owners if branch_key(owner) not in listed)


def _manifests(store: Store, listed: Sequence[str], damages: list[Damage]) -> Iterator[Manifest]:
    pending = list(_pointed(store, listed, damages))
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
        if not key.endswith(f"/{sha256(body)}.json"):
            damages.append(Damage(key, "has other content", (f"{manifest.dataset} {manifest.version}",)))
        yield manifest
        if manifest.parent:
            pending.append(manifest_key(manifest.dataset, manifest.parent))


def _pointed(store: Store, listed: Sequence[str], damages: list[Damage]) -> Iterator[str]:
    for key in listed:
        try:
            pointed = pointed_at(store, key)
        except StoreFailed as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            damages.append(Damage(key, "is not a pointer to a version", (key.split("/")[1],)))
            continue
        if pointed:
            yield pointed


def _problem(store: Store, key: str, size: int) -> str | None:
    try:
        sha, read = measured(store, key)
    except NotFound:
        return "is not there"
    except EvergreenError as error:
        return f"cannot be read: {error}"
    if read != size:
        return f"has {read:,} bytes instead of {size:,}"
    return None if sha in key else "has other content"
