"""How a column of a part is packed: its texts as codes where they repeat, its bytes compressed where that saves any.

What a sample says decides, so equal values are packed equally, however they were read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.data.types import is_coded
from evergreen.profiles.views import raw

_RUNS, _RUN = 8, 128
_SAMPLE = _RUNS * _RUN
_BEGINNING = 1 << 12  # rows: where most often every text that repeats has occurred
_REPEATS = 0.5  # of a sample's values distinct: above it a dictionary costs time and saves nothing
_REPEATING_NUMBERS = 0.1  # of whole numbers: differences are packed as tightly, in half the time
LEVEL = 1  # of zstd
_DENSE = 0.9  # of a sample's bytes left by it: above, all of them are stored as they are


def packed(column: pa.Array) -> pa.Array:
    """The column in one form: texts that repeat as codes into those that occur, in the order in which they do."""
    if is_coded(column.type):
        codes, texts = _first_come(column)
        missing = codes < 0 if codes.min(initial=0) < 0 else None
        if _is_few(_distinct(_sampled(codes if missing is None else codes[~missing])), len(codes), _REPEATS):
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), texts, safe=False)
        return column.cast(pa.string())
    if pa.types.is_string(column.type):
        texts = column.drop_null() if column.null_count else column
        distinct = pc.count_distinct(texts.take(pa.array(_sampled(np.arange(len(texts)))))).as_py()
        return column.dictionary_encode() if _is_few(distinct, len(column), _REPEATS) else column
    return column


def repeats(column: pa.Array) -> bool:
    """Whether a packed column's values repeat enough for a dictionary, judged by some runs of them."""
    kind = column.type
    if pa.types.is_string(kind):
        return False
    if is_coded(kind) or len(column) < _SAMPLE or pa.types.is_null(kind) or pa.types.is_boolean(kind):
        return True
    most = _REPEATING_NUMBERS if is_whole_number(kind) else _REPEATS
    return _is_few(_distinct(_sampled(_known(column)).view(np.uint64)), len(column), most)


def is_dense(column: pa.Array, *, repeating: bool) -> bool:
    """Whether to compress a packed column would take time and save little, judged as above: codes and fractions that
    look random, and whole numbers whose differences, packed, are no larger than the numbers, compressed.
    """
    if is_coded(column.type):
        return _is_dense_code(column)
    is_number = is_whole_number(column.type)
    if repeating or not (is_number or pa.types.is_floating(column.type)):
        return False
    if is_number and column.null_count:
        return False  # gaps: where one stretch ends and the next begins is lost
    sample = _sampled(_known(column))
    most = _DENSE * sample.nbytes
    if is_number:
        steps = np.diff(sample.reshape(_RUNS, _RUN))
        most = len(sample) * (int(steps.max()) - int(steps.min())).bit_length() / 8
    return _compressed(sample) > most


def is_whole_number(kind: pa.DataType) -> bool:
    """Whether differences are stored in its place."""
    return bool(pa.types.is_integer(kind) or pa.types.is_temporal(kind))


def _first_come(column: pa.DictionaryArray) -> tuple[NDArray[np.int32], pa.Array]:
    """The codes of rows into the texts that occur, in the order in which they do; -1 where there is none."""
    texts, codes = column.dictionary, raw(pc.fill_null(column.indices, -1) if column.null_count else column.indices)
    once = texts.dictionary_encode()
    if len(once.dictionary) < len(texts):  # it holds a text twice, or none
        texts, codes = once.dictionary, _padded(raw(pc.fill_null(once.indices, -1))).take(codes, mode="wrap")
    missing = np.count_nonzero(codes < 0)
    for beginning in (codes[:_BEGINNING], codes):
        order, used = _order(beginning, len(texts))
        found = order.take(codes, mode="wrap")
        if np.count_nonzero(found < 0) == missing:
            break  # there all of them occur
    return found, texts.take(pa.array(used))


def _order(codes: NDArray[np.int32], texts: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The place of each text among those that occur, -1 of others; and those that occur, in order."""
    first = np.full(texts + 1, len(codes))
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # what is written last is the first; none is beyond the last
    first = first[:-1]
    used = np.argsort(first, kind="stable")[: int((first < len(codes)).sum())]
    order = _padded(np.full(texts, -1, np.int32))
    order[used] = np.arange(len(used))
    return order, used


def _padded(places: NDArray[np.int32]) -> NDArray[np.int32]:
    """With a last one for -1, which `wrap` takes for it."""
    return np.append(places, np.int32(-1))


def _is_dense_code(column: pa.DictionaryArray) -> bool:
    """Judged by the codes as they are packed, and only where the texts themselves are few."""
    codes = _sampled(_known(column.indices))
    width = max(len(column.dictionary) - 1, 1).bit_length()
    if len(codes) < _SAMPLE or column.dictionary.nbytes > (1 - _DENSE) * len(column) * width / 8:
        return False
    bits = (codes[:, None] >> np.arange(width)) & 1
    sample = np.packbits(bits.astype(np.uint8))
    return _compressed(sample) > _DENSE * sample.nbytes


def _is_few(distinct: int, rows: int, most: float) -> bool:
    return rows < _SAMPLE or distinct <= most * _SAMPLE


def _known(column: pa.Array) -> NDArray[Any]:
    return raw(column.drop_null() if column.null_count else column)


def _sampled(values: NDArray[Any]) -> NDArray[Any]:
    """Runs at equal distances, or all where there are few."""
    if len(values) < _SAMPLE:
        return values
    each = len(values) // _RUNS
    runs: NDArray[Any] = values[: _RUNS * each].reshape(_RUNS, each)[:, :_RUN]
    return runs.ravel()


def _distinct(sample: NDArray[Any]) -> int:
    ordered = np.sort(sample)
    return int((ordered[1:] != ordered[:-1]).sum()) + min(len(ordered), 1)


def _compressed(sample: NDArray[Any]) -> int:
    return len(pa.Codec("zstd", LEVEL).compress(sample.tobytes()))
