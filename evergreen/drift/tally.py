"""Counts of one day by model version and hour, in the cells of one reference: what windows are added up from.

A day is counted once. Its sums are kept apart from its hours, so that a window of a month reads thirty small arrays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.data.sealed import sealed, unsealed
from evergreen.drift.cells import Column
from evergreen.drift.psi import Counts
from evergreen.drift.reference import FeatureReference, Reference

HOURS = 24
MOST = np.iinfo(np.int32).max  # rows that are added at half the width, as fast as memory
_MAGIC = b"EVGCNT2\n"
_LENGTH = 4  # bytes that say how long the header is

Cells = NDArray[np.int32]


@dataclass(frozen=True)
class Tally:
    """Counts by model version; each array has shape (periods, 1 + cells), the rows first, then `parts_of`'s cells."""

    counts: Mapping[str, Cells]

    def total(self) -> Tally:
        """All periods as one."""
        return Tally({version: found.sum(axis=0, keepdims=True, dtype=np.int32) for version, found in self._sorted()})

    def between(self, first: int, end: int) -> Tally:
        """The periods from `first` up to `end`, which is not part of it."""
        return Tally({version: found[first:end] for version, found in self._sorted()})

    def to_bytes(self, of: str) -> bytes:
        """A checksum, a header, then the arrays; `of` names what was counted."""
        names = [version for version, _ in self._sorted()]
        shape = next((found.shape for found in self.counts.values()), (0, 0))
        header = json.dumps({"of": of, "versions": names, "shape": shape}, sort_keys=True).encode()
        arrays = (np.ascontiguousarray(self.counts[name], dtype="<i4").tobytes() for name in names)
        body = b"".join([len(header).to_bytes(_LENGTH, "little"), header, *arrays])
        return sealed(_MAGIC, body)

    @classmethod
    def from_bytes(cls, content: bytes, of: str) -> Tally | None:
        """What `to_bytes` wrote; None when something else was counted, or the bytes are damaged: then count again."""
        body = unsealed(_MAGIC, content)
        if body is None:
            return None
        end = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
        header = json.loads(bytes(body[_LENGTH:end]))
        if header["of"] != of:
            return None
        names, shape = header["versions"], tuple(header["shape"])
        arrays = np.frombuffer(body[end:], "<i4").reshape(len(names), *shape)
        return cls(dict(zip(names, arrays, strict=True)))

    def _sorted(self) -> list[tuple[str, Cells]]:
        return sorted(self.counts.items())


def tally(
    reference: Reference,
    columns: Mapping[str, Column],
    scores: Column,
    versions: Sequence[str],
    periods: NDArray[np.int64],
    count: int,
) -> Tally:
    """Count rows by their version and their period in [0, count).

    Columns, `scores`, `versions` and `periods` have shape (n_rows,).
    """
    names, index = np.unique(np.asarray(versions, dtype=object).astype(str), return_inverse=True)
    groups = index * count + periods
    found = [np.bincount(groups, minlength=len(names) * count)[:, None]]
    for feature in parts_of(reference):
        size = feature.cells.size
        codes = feature.codes(scores if feature is reference.score else columns[feature.name])
        found.append(np.bincount(groups * size + codes, minlength=len(names) * count * size).reshape(-1, size))
    together = np.concatenate(found, axis=1).astype(np.int32)
    counts = together.reshape(len(names), count, together.shape[1])
    return Tally({str(name): counts[at] for at, name in enumerate(names)})


def added(reference: Reference, tallies: Sequence[Tally]) -> dict[str, NDArray[np.int64]]:
    """All periods of all tallies together, by version: one addition each, whatever the rows behind them."""
    size = 1 + sum(feature.cells.size for feature in parts_of(reference))
    rows = sum(int(found[:, 0].sum()) for each in tallies for found in each.counts.values())
    total: dict[str, NDArray[Any]] = {}
    for each in tallies:
        for version, found in each.counts.items():
            sums = total.setdefault(version, np.zeros(size, np.int32 if rows <= MOST else np.int64))
            for period in found:
                sums += period
    return {version: sums.astype(np.int64) for version, sums in total.items()}


def split(reference: Reference, total: NDArray[Any]) -> tuple[dict[str, Counts], Counts | None]:
    """A version's counts by feature, and those of the score: what `judge_counts` takes."""
    features = parts_of(reference)
    ends = np.cumsum([1, *(feature.cells.size for feature in features)])
    parts = np.split(total.astype(np.int64), ends)[1:-1]
    counts = {feature.name: part for feature, part in zip(reference.features, parts, strict=False)}
    return counts, parts[-1] if reference.score else None


def parts_of(reference: Reference) -> list[FeatureReference]:
    """What is counted, in order: the features, then the score."""
    return [*reference.features, *([reference.score] if reference.score else [])]
