"""Rules about which values occur again: each row leaves one 64-bit key, and they are counted at the end.

Whole numbers are their own keys; other values, and several columns together, leave a 64-bit hash: two different values
of n are taken for one with a probability of at most n² / 2⁶⁵ (0.000003 for ten million). Rows with a missing value have
no key, as in SQL.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.hashing import hash_numbers, hash_texts, mixed
from evergreen.profiles.views import raw
from evergreen.validation.expectation import NOT_DECIDED, SAMPLES, Expectation, bounded, in_most, span, unfit, within
from evergreen.validation.redaction import Redaction
from evergreen.validation.report import Finding, Sample
from evergreen.validation.values import Rows, Values

if TYPE_CHECKING:
    from evergreen.profiles.column import ColumnProfile
    from evergreen.profiles.table import TableProfile

Keys = NDArray[np.uint64]
_DENSE = 8  # a range of at most so many times the keys is counted in an array instead of being sorted
_SURE = 4.0  # standard errors: an estimate further from a bound than this decides


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


@dataclass(frozen=True, kw_only=True)
class KeyExpectation(Expectation):
    """A rule about the keys that columns make together."""

    key: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.key

    def on_profile(self, profile: TableProfile, redaction: Redaction) -> Finding:
        """Of one column only; a profile knows nothing of combinations."""
        columns = [column for name in self.key if (column := profile.column(name))]
        absent = unfit(self, {column.name: column.kind for column in columns})
        if absent or len(self.key) > 1:
            return absent or NOT_DECIDED
        return self.on_column(columns[0], redaction)

    @abstractmethod
    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:
        """What the profile of the only column tells."""

    @abstractmethod
    def on_keys(self, pile: KeyPile) -> Finding:
        """What all keys tell."""


@dataclass(frozen=True, kw_only=True)
class Unique(KeyExpectation):
    """No key twice; every row whose key occurs again counts as unexpected."""

    at_most: float = 0.0
    known: Keys | None = None  # keys of the rows that these will join

    @property
    def rule(self) -> str:
        return "column_values_to_be_unique" if len(self.key) == 1 else "compound_columns_to_be_unique"

    @property
    def expected(self) -> str:
        return f"{'unique values' if len(self.key) == 1 else 'unique combinations'}{in_most(self.at_most)}"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - values stay unnamed
        """Exact when every value is listed; else a value that is listed twice may be enough."""
        least = sum(rows for _, rows in column.top if rows > 1)
        most = least if column.exact else least + column.others
        return bounded(least, most, column.values, self.at_most)

    def on_keys(self, pile: KeyPile) -> Finding:
        if (self.known is None or not len(self.known)) and pile.plainly_different:
            return replace(bounded(0, 0, pile.count, self.at_most), observed=f"{pile.count:,} different")
        keys = pile.whole
        again = repeated(keys)
        within = int(np.count_nonzero(again))
        if self.known is not None and len(self.known):
            again |= np.isin(keys, self.known)
        count = int(np.count_nonzero(again))
        found = bounded(count, count, len(keys), self.at_most)
        if not count:
            return replace(found, observed=f"{len(keys):,} different")
        stored = f", {count - within:,} of them in the dataset already" if count > within else ""
        observed = f"{count:,} of {len(keys):,} rows whose value occurs again ({count / len(keys):.2%}){stored}"
        samples = tuple(Sample((), row=row) for row in pile.places(np.flatnonzero(again)[:SAMPLES]))
        return replace(found, observed=observed, samples=samples)


@dataclass(frozen=True, kw_only=True)
class Distinct(KeyExpectation):
    """How many different values, or which share of the values they are."""

    min: float | None
    max: float | None
    share: bool = False

    @property
    def rule(self) -> str:
        figure = "proportion_of_unique_values" if self.share else "unique_value_count"
        return f"column_{figure}_to_be_between"

    @property
    def expected(self) -> str:
        figure = span(self.min, self.max)
        return f"a share of different values {figure}" if self.share else f"{figure} different values"

    def on_column(self, column: ColumnProfile, redaction: Redaction) -> Finding:  # noqa: ARG002 - counts are no values
        """Exact below 1,024 different values; an estimate that is near a bound decides nothing."""
        error = _SURE * column.distinct_error * column.distinct
        ends = (max(0.0, column.distinct - error), min(column.values, column.distinct + error))
        holds = self._holds(*ends, column.values)
        return Finding(holds, f"{'about ' if error else ''}{self._told(column.distinct, column.values)}")

    def on_keys(self, pile: KeyPile) -> Finding:
        keys = pile.whole
        count = distinct(keys)
        return Finding(self._holds(count, count, len(keys)), self._told(count, len(keys)))

    def _holds(self, least: float, most: float, values: int) -> bool | None:
        of = max(values, 1) if self.share else 1
        return within(least / of, most / of, self.min, self.max)

    def _told(self, count: int, values: int) -> str:
        return f"{count:,} different of {values:,}"
