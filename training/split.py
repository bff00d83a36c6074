"""Which rows are held out. The same row falls on the same side in every data version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.errors import DataRefused
from evergreen.project.schema import Data, Split
from training.tables import times_of

TRAIN, VALIDATION, TEST = 0, 1, 2
DEFAULT_SHARE = 0.15  # of the data's span, where seven days would be more
Sides = NDArray[np.int8]
Hashes = NDArray[np.uint64]


def sides(table: pa.Table, data: Data, *, seed: int) -> Sides:
    """Return each row's side: TRAIN, VALIDATION or TEST."""
    split = data.split or Split.model_validate({"by": "time" if data.time else "random"})
    if split.by == "time" and data.time:
        if not isinstance(split.validation, timedelta) or not isinstance(split.test, timedelta):
            raise DataRefused("data.split: a split by time holds out durations")
        declared = data.split is not None
        found = by_time(times_of(table, data.time), split.validation, split.test, shrink=not declared)
    else:
        keys = data.key or table.column_names
        found = at_random(table.select(keys), float(split.validation), float(split.test), seed)  # type: ignore[arg-type]
    _check(found, table.num_rows)
    return found


def by_time(times: NDArray[np.datetime64], validation: timedelta, test: timedelta, *, shrink: bool = False) -> Sides:
    """The newest rows are the test, the ones before them the validation; `shrink` keeps each to 15 % of the span."""
    last = times.max()
    most = (last - times.min()) * DEFAULT_SHARE if shrink else None
    held = [
        np.timedelta64(length) if most is None else min(np.timedelta64(length), most) for length in (test, validation)
    ]
    after_train, after_validation = last - held[0] - held[1], last - held[0]
    return np.where(times > after_validation, TEST, np.where(times > after_train, VALIDATION, TRAIN)).astype(np.int8)


def at_random(keys: pa.Table, validation: float, test: float, seed: int) -> Sides:
    """A hash of the keys decides, so equal rows stay together and new rows move no old one."""
    share = row_hashes(keys, seed) / np.float64(2**64)
    return np.where(share < test, TEST, np.where(share < test + validation, VALIDATION, TRAIN)).astype(np.int8)


def row_hashes(table: pa.Table, seed: int) -> Hashes:
    """A 64-bit hash of each row's values."""
    result = np.full(table.num_rows, np.uint64(seed) + np.uint64(1), dtype=np.uint64)
    for name in sorted(table.column_names):
        encoded = table[name].combine_chunks().dictionary_encode()
        values = _hashes([*encoded.dictionary.to_pylist(), None])
        result = _mixed(result ^ values[encoded.indices.fill_null(len(values) - 1).to_numpy()])
    return result


def _hashes(values: Sequence[object]) -> Hashes:
    digests = b"".join(hashlib.blake2b(repr(value).encode(), digest_size=8).digest() for value in values)
    return np.frombuffer(digests, dtype="<u8")


def _mixed(state: Hashes) -> Hashes:
    """The finalizer of splitmix64: every input bit moves every output bit."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _check(found: Sides, rows: int) -> None:
    counts = np.bincount(found, minlength=3)
    for side, name in ((TRAIN, "training"), (VALIDATION, "validation"), (TEST, "test")):
        if not counts[side]:
            raise DataRefused(f"data.split leaves no {name} rows of {rows}: hold out less, or commit more data")
