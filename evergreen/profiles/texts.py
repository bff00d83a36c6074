"""The summary of one chunk of texts, booleans or timestamps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.errors import DataRefused
from evergreen.profiles.column import ColumnProfile, Lengths
from evergreen.profiles.distinct import Hashes, sketch
from evergreen.profiles.frequencies import KEPT, Frequencies, count_texts, cut_text
from evergreen.profiles.hashing import hash_numbers, hash_texts, small_hashes
from evergreen.profiles.quantiles import Counts, runs, summarise
from evergreen.profiles.times import iso
from evergreen.profiles.views import in_microseconds, numbers

_MICROSECONDS = pa.timestamp("us")
_SAMPLE = 8_192  # texts, evenly over all
_DIFFERENT = 0.75  # of these


def text_chunk(name: str, array: pa.Array) -> ColumnProfile:
    """The summary of strings, plain or in a dictionary."""
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())  # a view cannot be encoded
    if _mostly_differ(array):
        return _of_different(name, array)
    values, counts = _used(array if pa.types.is_dictionary(array.type) else array.dictionary_encode())
    nulls = len(array) - int(counts.sum())
    found = ColumnProfile(name=name, kind="text", count=len(array), nulls=nulls)
    if not len(values):
        return found
    lengths = numbers(pc.utf8_length(values)).astype(np.int64)
    return replace(
        found,
        lengths=Lengths(int(lengths.min()), int(lengths @ counts), int(lengths.max()), len(array) - nulls),
        frequencies=_frequencies(values, counts),
        sketch=sketch(hash_texts(values)),
    )


def _mostly_differ(array: pa.Array) -> bool:
    """Whether a dictionary of plain texts would be so large that looking them up takes longer than hashing them."""
    if pa.types.is_dictionary(array.type) or len(array) < 2 * _SAMPLE:
        return False
    sample = array.take(pa.array(np.arange(_SAMPLE) * (len(array) // _SAMPLE))).drop_null()
    return bool(pc.count_distinct(sample).as_py() > _DIFFERENT * len(sample))


def _of_different(name: str, array: pa.Array) -> ColumnProfile:
    """Of texts that are told apart by their hashes."""
    texts = array.drop_null()
    hashes, lengths = hash_texts(texts), numbers(pc.utf8_length(texts))
    known, counts = runs(np.sort(hashes))
    limit = _limit(counts)
    often = counts > limit
    rows = np.flatnonzero(_among(hashes, known[often])) if often.any() else np.empty(0, np.int64)
    _, first = np.unique(hashes[rows], return_index=True)
    total = int(lengths.sum(dtype=np.int64))
    return ColumnProfile(
        name=name,
        kind="text",
        count=len(array),
        nulls=array.null_count,
        lengths=Lengths(int(lengths.min()), total, int(lengths.max()), len(texts)),
        frequencies=_counted(texts.take(pa.array(rows[first])), counts[often], limit),
        sketch=sketch(known),
    )


def _among(hashes: Hashes, ascending: Hashes) -> NDArray[np.bool_]:
    """Which of them are among a few; `np.isin` puts all in order."""
    found: NDArray[np.bool_] = ascending[np.minimum(ascending.searchsorted(hashes), len(ascending) - 1)] == hashes
    return found


def boolean_chunk(name: str, array: pa.Array) -> ColumnProfile:
    """The summary of true and false."""
    true = pc.sum(array).as_py() or 0
    counts = Counter({True: true, False: len(array) - array.null_count - true})
    present = +counts
    return ColumnProfile(
        name=name,
        kind="boolean",
        count=len(array),
        nulls=array.null_count,
        min=min(present, default=None),
        max=max(present, default=None),
        frequencies=count_texts(present) if present else None,
        sketch=sketch(hash_numbers(np.array(sorted(present), dtype=np.int64))) if present else None,
    )


def timestamp_chunk(name: str, array: pa.Array, *, source: str = "the table") -> ColumnProfile:
    """The summary of times and dates, in UTC and whole microseconds; a time without a zone is UTC."""
    found = ColumnProfile(name=name, kind="timestamp", count=len(array), nulls=array.null_count)
    ascending = np.sort(numbers(microseconds(name, array, source=source)))
    if not len(ascending):
        return found
    values, counts = runs(ascending)
    return replace(
        found,
        min=iso(int(ascending[0])),
        max=iso(int(ascending[-1])),
        sketch=sketch(small_hashes(values)),
        quantiles=summarise(ascending, values, counts),
    )


def microseconds(name: str, array: pa.Array, *, source: str = "the table") -> pa.Array:
    """Times and dates in whole microseconds since 1970, as integers; DataRefused for those that these do not reach."""
    try:
        return in_microseconds(array).view(pa.int64())
    except pa.ArrowInvalid as error:
        raise DataRefused(f"{source}: column {name} holds times that are more than 292,000 years from 1970") from error


def _used(encoded: pa.DictionaryArray) -> tuple[pa.Array, Counts]:
    """The distinct texts that occur, and how often."""
    used, counts = runs(np.sort(numbers(encoded.indices)))  # np.bincount would keep other threads waiting
    if len(used) == len(encoded.dictionary) and not encoded.dictionary.null_count:
        return encoded.dictionary, counts
    values = encoded.dictionary.take(pa.array(used))
    kept = numbers(values.is_valid().cast(pa.uint8())).astype(bool)
    return values.drop_null(), counts[kept]


def _frequencies(values: pa.Array, counts: Counts) -> Frequencies:
    """Many texts are cut by their counts before any becomes a Python string."""
    limit = _limit(counts)
    if limit:
        kept = np.flatnonzero(counts > limit)
        values, counts = values.take(pa.array(kept)), counts[kept]
    return _counted(values, counts, limit)


def _limit(counts: Counts) -> int:
    """How often a value occurs that is not kept, at most."""
    return int(np.partition(counts, -KEPT - 1)[-KEPT - 1]) if len(counts) > KEPT else 0


def _counted(values: pa.Array, counts: Counts, limit: int) -> Frequencies:
    found: Counter[str] = Counter()
    for value, count in zip(values.to_pylist(), counts.tolist(), strict=True):
        found[cut_text(value)] += count
    return count_texts(found, limit)
