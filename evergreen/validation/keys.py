"""The keys of rows, and which of them occur again.

Whole numbers are their own keys; other values, and several columns together, leave a 64-bit hash: two different values
of n are taken for one with a probability of at most n² / 2⁶⁵ (0.000003 for ten million). Rows with a missing value have
no key, as in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.hashing import hash_numbers, hash_texts, mixed
from evergreen.profiles.views import raw
from evergreen.validation.values import Rows, Values

Keys = NDArray[np.uint64]
_DENSE = 8  # a range of at most so many times the keys is counted in an array instead of being sorted


def keys_of(values: Sequence[Values]) -> tuple[Keys, Rows | None]:
    """Each row's key, and which rows have one (None: all)."""
    present: Rows | None = None
    for each in values:
        if each.present is not None:
            present = each.present if present is None else present & each.present
    if len(values) == 1 and _is_whole(values[0]):
        keys = _exact(values[0]).astype(np.int64, copy=False).view(np.uint64)
        return (keys if present is None else keys[present]), present
    found = np.zeros(values[0].rows, np.uint64)
    for each in values:
        found = mixed(found ^ _hashes(each))
    return (found if present is None else found[present]), present


def repeated(keys: Keys) -> Rows:
    """Which keys occur more than once."""
    if len(keys) < 2:
        return np.zeros(len(keys), dtype=bool)
    signed = keys.view(np.int64)
    low, high = int(signed.min()), int(signed.max())
    if high - low < _DENSE * len(keys):
        return _repeated_places(signed - low if low else signed, high - low + 1)
    ascending = np.sort(keys)
    twice = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    return np.isin(keys, twice) if len(twice) else np.zeros(len(keys), dtype=bool)


def _repeated_places(places: NDArray[np.int64], size: int) -> Rows:
    """Which of some places below `size` occur more than once: a mark for each place is faster than sorting."""
    seen = np.zeros(size, dtype=bool)
    seen[places] = True
    if np.count_nonzero(seen) == len(places):
        return np.zeros(len(places), dtype=bool)
    order = np.arange(len(places), dtype=np.int64)
    last = np.empty(size, np.int64)
    last[places] = order
    twice = np.zeros(size, dtype=bool)
    twice[places[last[places] != order]] = True
    found: Rows = twice[places]
    return found


def distinct(keys: Keys) -> int:
    """How many different keys."""
    ascending = np.sort(keys)
    return int(np.count_nonzero(ascending[1:] != ascending[:-1])) + 1 if len(keys) else 0


def _is_whole(values: Values) -> bool:
    return values.kind == "timestamp" or (values.kind == "number" and values.numbers.dtype.kind in "iu")


def _hashes(values: Values) -> Keys:
    """One hash a row; anything where a row is missing."""
    if values.kind == "text":
        if not pa.types.is_dictionary(values.array.type):
            return hash_texts(values.array.fill_null(""))
        known = hash_texts(values.texts)
        codes = raw(values.array.indices.fill_null(0))
        return known[codes] if len(known) else np.zeros(values.rows, np.uint64)
    if values.kind == "boolean":
        return hash_numbers(raw(values.array.fill_null(False).cast(pa.uint8())))
    if values.kind == "null":
        return np.zeros(values.rows, np.uint64)
    if pa.types.is_decimal(values.array.type):
        return hash_texts(values.array.cast(pa.string()).fill_null(""))  # doubles hold 53 bits of up to 256
    numbers = _exact(values)
    if numbers.dtype.kind == "f":
        numbers = np.where(np.isfinite(numbers), numbers, 0.0) + 0.0
    return hash_numbers(numbers)


def _exact(values: Values) -> NDArray[Any]:
    """Numbers, or times in their own unit: microseconds would take two nanoseconds for one."""
    return raw(values.array) if values.kind == "timestamp" else values.numbers


@dataclass
class KeyPile:
    """The keys of a whole table, and in which rows they are."""

    keys: list[Keys] = field(default_factory=list)
    rows: list[tuple[int, int, Rows | None]] = field(default_factory=list)  # first row, rows, which of them

    def add(self, keys: Keys, present: Rows | None, start: int, rows: int) -> None:
        """The next stretch of rows."""
        self.keys.append(keys)
        self.rows.append((start, rows, None if present is None or present.all() else present))

    @property
    def count(self) -> int:
        """How many keys."""
        return sum(map(len, self.keys))

    @property
    def plainly_different(self) -> bool:
        """Whether the keys are dense and none occurs twice: seen without a copy of them."""
        parts = [part.view(np.int64) for part in self.keys if len(part)]
        if not parts:
            return True
        low, high = min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)
        if high - low >= _DENSE * self.count:
            return False
        seen = np.zeros(high - low + 1, dtype=bool)
        for part in parts:
            seen[part - low if low else part] = True
        return int(np.count_nonzero(seen)) == self.count

    @property
    def whole(self) -> Keys:
        """All keys, in the order of the rows."""
        return np.concatenate(self.keys) if self.keys else np.empty(0, np.uint64)

    def places(self, positions: NDArray[Any]) -> list[int]:
        """The rows (from 1) of keys at these positions."""
        found = []
        at = 0
        for start, rows, present in self.rows:
            held = rows if present is None else int(np.count_nonzero(present))
            for position in positions[(positions >= at) & (positions < at + held)]:
                within = int(position) - at
                found.append(start + 1 + (within if present is None else int(np.flatnonzero(present)[within])))
            at += held
        return found
