"""Rows by the values of several columns, as whole numbers: the keys of a join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.profiles.views import floats, raw

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
NONE = -1  # the code of a row without a key, or with one that nobody has
_TOO_LARGE = 2.0**63


@dataclass(frozen=True)
class KeyGroups:
    """The distinct keys of one table: each gets a number from 0, in an order of its own.

    `values` holds each column's distinct values; `pairs` the distinct numbers that a column and those before it make
    together. Two columns at a time, so that the numbers stay below the square of the rows.
    """

    values: tuple[pa.Array, ...]
    pairs: tuple[Codes, ...]

    @classmethod
    def of(cls, columns: Sequence[pa.Array]) -> tuple[KeyGroups, Codes]:
        """The groups of these columns' rows, and each row's number."""
        values, pairs = [], []
        codes: Codes | None = None
        for column in columns:
            column = comparable(column)
            found = pc.drop_null(pc.unique(column))
            values.append(found)
            mine = _index(column, found)
            if codes is None:
                codes = mine
                continue
            both = _paired(codes, mine, len(found))
            pairs.append(np.unique(both[both != NONE]))
            codes = _place(both, pairs[-1])
        assert codes is not None
        return cls(tuple(values), tuple(pairs)), codes

    def __len__(self) -> int:
        return len(self.pairs[-1]) if self.pairs else len(self.values[0])

    def codes(self, columns: Sequence[pa.Array]) -> Codes:
        """The number of each row's key; NONE where a value is missing or the key is not among these."""
        found = [_index(comparable(column), values) for column, values in zip(columns, self.values, strict=True)]
        codes = found[0]
        for mine, values, pairs in zip(found[1:], self.values[1:], self.pairs, strict=True):
            codes = _place(_paired(codes, mine, len(values)), pairs)
        return codes


def comparable(column: pa.Array) -> pa.Array:
    """Equal values in equal form: a column of whole fractions is one of integers; NaN and ±inf are no values."""
    if not pa.types.is_floating(column.type):
        return column
    numbers = floats(column)
    if (_is_whole(numbers) | ~np.isfinite(numbers)).all():
        return _whole(column)
    return pa.array(numbers + 0.0, mask=~np.isfinite(numbers))  # + 0.0: −0 and 0 are one value


def _index(column: pa.Array, values: pa.Array) -> Codes:
    if column.type != values.type:
        column, values = _common(column, values)
    found = pc.index_in(column, value_set=values, skip_nulls=True)
    codes: Codes = raw(pc.fill_null(found, NONE)).astype(np.int64)
    return codes


def _common(column: pa.Array, values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Whole numbers on one side and fractions on the other: only what is whole can be equal."""
    if pa.types.is_null(column.type):
        return column.cast(values.type), values
    if pa.types.is_null(values.type):
        return column, values.cast(column.type)
    return _whole(column), _whole(values)


def _whole(column: pa.Array) -> pa.Array:
    if not pa.types.is_floating(column.type):
        return column
    numbers = floats(column)
    whole = _is_whole(numbers)
    return pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=~whole)


def _is_whole(numbers: Floats) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = np.isfinite(numbers) & (np.floor(numbers) == numbers) & (np.abs(numbers) < _TOO_LARGE)
    return whole


def _paired(before: Codes, mine: Codes, count: int) -> Codes:
    return np.where((before == NONE) | (mine == NONE), NONE, before * count + mine)


def _place(codes: Codes, known: Codes) -> Codes:
    if not len(known):
        return np.full(len(codes), NONE, np.int64)
    at = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    return np.where(known[at] == codes, at, NONE)
