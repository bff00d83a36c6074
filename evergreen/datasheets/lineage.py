"""From data to models and back: which runs read which version, and what they made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evergreen.data.manifest import Manifest


@dataclass(frozen=True)
class Use:
    """One training run and the version that it read; `model_version` when it made a model."""

    run_id: str
    as_of: str
    data_version: str
    manifest: str
    outcome: str
    recipe: str | None = None
    image: str | None = None
    model_version: str | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Ancestor:
    """A version whose rows this one holds, or whose columns its rows were joined with."""

    relation: str
    dataset: str
    version: str
    manifest: str
    source: str
    source_sha256: str


def ancestors(history: Iterable[Manifest]) -> tuple[Ancestor, ...]:
    """What a version is made of, newest first: the commits whose rows are in it, and the datasets joined to them.

    `history` begins with the version itself; what lies before a replacement is not in it.
    """
    found: list[Ancestor] = []
    for at, manifest in enumerate(history):
        said = manifest.source
        relation = "appended to" if at else "this version"
        found.append(Ancestor(relation, manifest.dataset, manifest.version, manifest.id, said.name, said.sha256))
        found += [
            Ancestor(f"joined in {manifest.version}", each.dataset, each.version, each.manifest, "", "")
            for each in said.joined
        ]
        if manifest.new_files == "replace":
            break
    return tuple(found)


def uses_of(manifest: Manifest, uses: Iterable[Use]) -> tuple[Use, ...]:
    """The runs that read this version, newest first."""
    mine = [use for use in uses if use.manifest == manifest.id]
    return tuple(sorted(mine, key=lambda use: use.as_of, reverse=True))
