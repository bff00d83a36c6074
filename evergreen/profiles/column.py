"""The summary of one column: counts, range and moments; quantiles, distinct and frequent values within bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from evergreen.errors import DataRefused
from evergreen.profiles.distinct import DistinctSketch, merge_sketches
from evergreen.profiles.frequencies import Frequencies, is_cut, merge_frequencies
from evergreen.profiles.moments import Moments, merge_moments
from evergreen.profiles.quantiles import QuantileSummary, merge_summaries
from evergreen.profiles.times import since_epoch

Kind = Literal["number", "boolean", "timestamp", "text", "null"]
Value = bool | int | float | str

TOP_VALUES = 1024  # a declared `allowed` list longer than this cannot be checked from a profile


@dataclass(frozen=True)
class Lengths:
    """Characters of a text column's values: the shortest, all together, the longest."""

    min: int
    total: int
    max: int
    values: int

    @property
    def mean(self) -> float:
        """Characters of a value, on average."""
        return self.total / self.values


@dataclass(frozen=True, eq=False, kw_only=True)
class ColumnProfile:
    """`count` rows, of which `nulls` have no value, `nans` hold NaN and `infinities` ±inf; the rest is usable.

    `min` and `max` are of the usable values: exact for integers of any size, ISO 8601 in UTC for timestamps, None for
    texts. `quantiles` are of numbers, and of timestamps in microseconds since 1970.
    """

    name: str
    kind: Kind
    count: int
    nulls: int = 0
    nans: int = 0
    infinities: int = 0
    min: Value | None = None
    max: Value | None = None
    moments: Moments | None = None
    lengths: Lengths | None = None
    frequencies: Frequencies | None = None
    sketch: DistinctSketch | None = None
    quantiles: QuantileSummary | None = None

    @property
    def values(self) -> int:
        """Rows that hold a usable value."""
        return self.count - self.nulls - self.nans - self.infinities

    @property
    def missing(self) -> float:
        """The share of rows without a usable value."""
        return 1 - self.values / self.count if self.count else 0.0

    @property
    def mean(self) -> float | None:
        """The mean of a number's usable values, None where doubles do not reach."""
        return self.moments.mean if self.moments and math.isfinite(self.moments.mean) else None

    @property
    def m2(self) -> float | None:
        """The sum of squared deviations from the mean."""
        return self.moments.m2 if self.moments and math.isfinite(self.moments.m2) else None

    @property
    def variance(self) -> float | None:
        """The population variance of a number's usable values."""
        return None if self.m2 is None else self.m2 / self.values

    @property
    def distinct(self) -> int:
        """How many distinct usable values; exact below 1,024 of them, else within `distinct_error`."""
        if self.exact and self.frequencies is not None:
            return len(self.frequencies.values)
        return min(self.sketch.estimate, self.values) if self.sketch else 0

    @property
    def distinct_error(self) -> float:
        """The relative standard error of `distinct`."""
        return self.sketch.error if self.sketch and not self.exact else 0.0

    @cached_property
    def top(self) -> tuple[tuple[Value, int], ...]:
        """Values with their counts, the most frequent first, all when `exact`; texts of up to 100 characters."""
        return tuple(pair for pair in self._ranked if not is_cut(pair[0]))

    @cached_property
    def categories(self) -> Mapping[str, int]:
        """Counts by value, the most frequent first: long texts as `cut_text` cuts them, booleans as true and false."""
        return MappingProxyType({_text(value): count for value, count in self._ranked})

    @property
    def counted(self) -> bool:
        """Whether `categories` is complete."""
        return self.frequencies is not None and self.frequencies.known == self.values

    @property
    def top_error(self) -> int:
        """No value has been counted more than this many times too few, listed or not."""
        return self.frequencies.error if self.frequencies else 0

    @property
    def others(self) -> int:
        """Usable rows that `top` does not count."""
        return self.values - (self.frequencies.uncut if self.frequencies else 0)

    @property
    def exact(self) -> bool:
        """Whether `top` is complete."""
        return self.others == 0

    @cached_property
    def _ranked(self) -> tuple[tuple[Value, int], ...]:
        return self.frequencies.ranked if self.frequencies else ()


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def merge_columns(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    """The profile of all parts' rows together, whatever their order."""
    if len(parts) == 1:
        return parts[0]
    filled = [part for part in parts if part.values]
    kind = _kind(parts)
    order: Any = since_epoch if kind == "timestamp" else None
    moments = [part.moments for part in filled if part.moments]
    lengths = [part.lengths for part in filled if part.lengths]
    frequencies = [part.frequencies for part in filled if part.frequencies]
    sketches = [part.sketch for part in filled if part.sketch]
    quantiles = [part.quantiles for part in filled if part.quantiles]
    return ColumnProfile(
        name=parts[0].name,
        kind=kind,
        count=sum(part.count for part in parts),
        nulls=sum(part.nulls for part in parts),
        nans=sum(part.nans for part in parts),
        infinities=sum(part.infinities for part in parts),
        min=min((part.min for part in filled if part.min is not None), key=order, default=None),
        max=max((part.max for part in filled if part.max is not None), key=order, default=None),
        moments=merge_moments(moments) if moments else None,
        lengths=_lengths(lengths) if lengths else None,
        frequencies=merge_frequencies(frequencies) if frequencies else None,
        sketch=merge_sketches(sketches) if sketches else None,
        quantiles=merge_summaries(quantiles) if quantiles else None,
    )


def _lengths(parts: Sequence[Lengths]) -> Lengths:
    return Lengths(
        min=min(part.min for part in parts),
        total=sum(part.total for part in parts),
        max=max(part.max for part in parts),
        values=sum(part.values for part in parts),
    )


def _kind(parts: Sequence[ColumnProfile]) -> Kind:
    kinds = sorted({part.kind for part in parts if part.kind != "null"})
    if len(kinds) > 1:
        raise DataRefused(f"column {parts[0].name} is {' in one part and '.join(kinds)} in another")
    return kinds[0] if kinds else "null"
