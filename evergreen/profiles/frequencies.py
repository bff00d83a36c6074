"""Counts of values: all of them while they are few, the frequent ones with a bound beyond.

A summary keeps at most m values. When there are more, it drops every value that is not more frequent than the
(m + 1)-th, c; so a value that is not kept, or that one part kept and another dropped, is undercounted by at most c of
each part. `error` carries the sum, and c ≤ n / (m + 1), so each compression adds at most that. Merging adds the counts
of all parts first and drops once: the result does not depend on the parts' order.

Source: Misra and Gries, Finding repeated elements (1982); Agarwal et al., Mergeable summaries (2012), section 2.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.data.canonical import sha256
from evergreen.profiles.quantiles import Counts, weighted_runs

KEPT = 1024  # values of a column
TEXT_BYTES = 24_000  # of all kept texts together
LONGEST_TEXT = 100  # characters that are kept; longer texts are counted by their beginning and their hash
_BEGINNING, _DIGITS = 80, 24
_EXACT_DOUBLES = 2**53  # up to this every integer is a double


@dataclass(frozen=True, eq=False)
class Frequencies:
    """`values` (numbers ascending, or texts) with `counts`; no value is undercounted by more than `error`."""

    values: NDArray[Any]  # of a number type, or objects: str or bool
    counts: Counts
    error: int = 0

    @cached_property
    def known(self) -> int:
        """The rows whose value is kept."""
        return int(self.counts.sum())

    @cached_property
    def uncut(self) -> int:
        """The rows whose value is kept in full."""
        if self.values.dtype != object:
            return self.known
        return self.known - sum(
            int(count) for value, count in zip(self.values, self.counts, strict=True) if is_cut(value)
        )

    @cached_property
    def ranked(self) -> tuple[tuple[Any, int], ...]:
        """(value, count), the most frequent first, equal counts by value."""
        values = self.values.tolist()
        order = sorted(range(len(values)), key=lambda at: (-self.counts[at], str(values[at])))
        return tuple((values[at], int(self.counts[at])) for at in order)


NOTHING = Frequencies(np.empty(0), np.empty(0, np.int64))


def merge_frequencies(parts: Sequence[Frequencies]) -> Frequencies:
    """The frequencies of all parts' values together."""
    if len(parts) == 1:
        return parts[0]
    error = sum(part.error for part in parts)
    filled = [part for part in parts if len(part.values)]
    if not filled:
        return Frequencies(NOTHING.values, NOTHING.counts, error)
    if filled[0].values.dtype == object:
        total: Counter[Any] = Counter()
        for part in filled:
            for value, count in zip(part.values.tolist(), part.counts.tolist(), strict=True):
                total[value] += count
        return count_texts(total, error)
    filled, dropped = _of_one_type(filled)
    values, counts = weighted_runs([part.values for part in filled], [part.counts for part in filled])
    return count_numbers(values, counts, error + dropped)


def _of_one_type(parts: Sequence[Frequencies]) -> tuple[list[Frequencies], int]:
    """Numbers that numpy puts together without changing any, and how often one of them was dropped at most.

    It would make doubles of signed and unsigned integers, and of integers that no double is equal to. Where no type
    holds all values, these are dropped.
    """
    arrays = [part.values for part in parts]
    kinds = {each.dtype.kind for each in arrays}
    least, most = min(each[0].item() for each in arrays), max(each[-1].item() for each in arrays)
    if len(kinds) == 1 or ("f" in kinds and least >= -_EXACT_DOUBLES and most <= _EXACT_DOUBLES):
        return list(parts), 0
    if all(each.dtype.kind != "f" or (each == np.floor(each)).all() for each in arrays):
        for kind in (np.int64, np.uint64):
            if np.iinfo(kind).min <= least and most <= np.iinfo(kind).max:
                return [Frequencies(part.values.astype(kind), part.counts) for part in parts], 0
    held = [np.array([float(value) == value for value in each.tolist()]) for each in arrays]
    dropped = sum(int(part.counts[~each].max(initial=0)) for part, each in zip(parts, held, strict=True))
    return [
        Frequencies(part.values[each].astype(np.float64), part.counts[each])
        for part, each in zip(parts, held, strict=True)
    ], dropped


def count_numbers(values: NDArray[Any], counts: Counts, error: int = 0) -> Frequencies:
    """The frequencies of distinct numbers, ascending."""
    if len(values) <= KEPT:
        return Frequencies(values, counts, error)
    limit = int(np.partition(counts, -KEPT - 1)[-KEPT - 1])
    kept = counts > limit
    return Frequencies(values[kept], counts[kept], error + limit)


def cut_text(text: str) -> str:
    """A text of more than 100 characters as its beginning and its hash, which is longer than any that is kept whole.

    >>> cut_text("short"), len(cut_text(200 * "x"))
    ('short', 106)
    """
    return text if len(text) <= LONGEST_TEXT else f"{text[:_BEGINNING]}… {sha256(text.encode())[:_DIGITS]}"


def is_cut(value: Any) -> bool:
    """Whether a kept value is the beginning of a longer text."""
    return isinstance(value, str) and len(value) > LONGEST_TEXT


def count_texts(counts: Mapping[Any, int], error: int = 0) -> Frequencies:
    """The frequencies of texts, cut as `cut_text` does, or of booleans."""
    pairs = sorted(counts.items())
    pairs.sort(key=itemgetter(1), reverse=True)  # equal counts stay in the order of their values
    sizes = list(accumulate(len(str(value).encode()) for value, _ in pairs))
    kept = min(KEPT, bisect_right(sizes, TEXT_BYTES))
    if kept < len(pairs):
        limit = pairs[kept][1]
        pairs, error = [pair for pair in pairs[:kept] if pair[1] > limit], error + limit
    values = np.empty(len(pairs), dtype=object)
    values[:] = [value for value, _ in pairs]
    return Frequencies(values, np.array([count for _, count in pairs], dtype=np.int64), error)
