"""The summary of one column: exact counts, range and moments, and the most frequent values."""

from __future__ import annotations

import math
from collections import Counter
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["number", "boolean", "timestamp", "text", "null"]
Value = bool | int | float | str

TOP_VALUES = 100  # a declared `allowed` list longer than this cannot be checked from a profile


class ColumnProfile(BaseModel):
    """`count` rows, of which `nulls` have no value and `nans` hold NaN or an infinity.

    `m2` is the sum of squared deviations from the mean. `top` lists values with their counts, most frequent first;
    `others` counts the values not listed, so the list is complete when it is 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind
    count: int
    nulls: int = 0
    nans: int = 0
    min: Value | None = None
    max: Value | None = None
    mean: float | None = None
    m2: float | None = None
    top: tuple[tuple[Value, int], ...] = ()
    others: int = 0

    @property
    def values(self) -> int:
        """Rows that hold a usable value."""
        return self.count - self.nulls - self.nans

    @property
    def missing(self) -> float:
        """The share of rows without a usable value."""
        return 1 - self.values / self.count if self.count else 0.0

    @property
    def variance(self) -> float | None:
        """The population variance of a number's usable values."""
        return None if self.m2 is None else self.m2 / self.values


def merge_columns(a: ColumnProfile, b: ColumnProfile) -> ColumnProfile:
    """The profile of both columns' rows together; exact but for values beyond the `TOP_VALUES` most frequent."""
    mean, m2 = _moments(a, b)
    top, others = _top(a, b)
    return ColumnProfile(
        name=a.name,
        kind=_kind(a, b),
        count=a.count + b.count,
        nulls=a.nulls + b.nulls,
        nans=a.nans + b.nans,
        min=min((v for v in (a.min, b.min) if v is not None), default=None),
        max=max((v for v in (a.max, b.max) if v is not None), default=None),
        mean=mean,
        m2=m2,
        top=top,
        others=others,
    )


def most_frequent(counts: Counter[Value], others: int = 0) -> tuple[tuple[tuple[Value, int], ...], int]:
    """The `TOP_VALUES` most frequent values in a stable order, and how many rows hold another one."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return tuple(ranked[:TOP_VALUES]), others + sum(count for _, count in ranked[TOP_VALUES:])


def _moments(a: ColumnProfile, b: ColumnProfile) -> tuple[float | None, float | None]:
    """Chan, Golub and LeVeque's pairwise update of mean and squared deviations."""
    if a.mean is None or a.m2 is None:
        return b.mean, b.m2
    if b.mean is None or b.m2 is None:
        return a.mean, a.m2
    total = a.values + b.values
    delta = b.mean - a.mean
    mean = math.fsum((a.mean * (a.values / total), b.mean * (b.values / total)))
    return mean, math.fsum((a.m2, b.m2, delta * delta * (a.values * b.values / total)))


def _top(a: ColumnProfile, b: ColumnProfile) -> tuple[tuple[tuple[Value, int], ...], int]:
    counts: Counter[Value] = Counter()
    for value, count in (*a.top, *b.top):
        counts[value] += count
    return most_frequent(counts, a.others + b.others)


def _kind(a: ColumnProfile, b: ColumnProfile) -> Kind:
    return b.kind if a.kind == "null" else a.kind
