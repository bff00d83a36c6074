"""Rows that are equal in all that a model may read, and have different labels: what no model can tell apart.

One pass over the rows: each leaves a 64-bit hash of its inputs and one of its label, 16 bytes a row, and nothing else.
A collision among ten million rows has a probability of three in a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.target import TargetExpression
from evergreen.profiles.distinct import Hashes
from evergreen.profiles.hashing import hash_numbers, hash_texts
from evergreen.profiles.views import numbers, valid

_ABSENT = np.uint64(0x5851F42D4C957F2D)
_FOLD = np.uint64(0x9E3779B97F4A7C15)
_COMPARE = {">": "greater", ">=": "greater_equal", "<": "less", "<=": "less_equal", "==": "equal", "!=": "not_equal"}


@dataclass(frozen=True)
class Conflicts:
    """Of `rows` with a label, how many share their inputs with another one, and how many of those with another label.

    `unavoidable` is the share of wrong answers that the best model of these inputs still gives on these rows.
    """

    rows: int
    repeated: int
    conflicting: int
    unavoidable: float


def conflicts(tables: Iterable[pa.Table], inputs: Sequence[str], target: TargetExpression) -> Conflicts:
    """Read the rows once and compare."""
    features, labels = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for table in tables:
        if target.column not in table.column_names:
            continue  # rows from before the column was: none has a label
        label = _labels(table[target.column], target)
        kept = table.filter(pc.is_valid(label))
        features.append(_row_hashes(kept, inputs))
        labels.append(_hashes(pc.drop_null(label)))
    return _compared(np.concatenate(features), np.concatenate(labels))


def _labels(column: pa.ChunkedArray, target: TargetExpression) -> pa.ChunkedArray:
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if target.operator is None:
        return column
    return pc.call_function(_COMPARE[target.operator], [column, pa.scalar(target.value)])


def _row_hashes(table: pa.Table, inputs: Sequence[str]) -> Hashes:
    total = np.zeros(table.num_rows, np.uint64)
    for name in inputs:
        mine = _hashes(table[name]) if name in table.column_names else np.full(table.num_rows, _ABSENT)
        total = _mixed(total * _FOLD ^ mine)
    return total


def _mixed(words: Hashes) -> Hashes:
    """The same column by column, so that equal values in other columns are another row."""
    return hash_numbers(words.view(np.float64))


def _hashes(column: pa.ChunkedArray) -> Hashes:
    """One hash a row; missing values are equal to each other."""
    found = np.full(len(column), _ABSENT)
    array = column.combine_chunks()
    if pa.types.is_null(array.type) or not len(array):
        return found
    if pa.types.is_string(array.type):
        encoded = array.dictionary_encode()
        codes = encoded.indices
        found[valid(codes)] = hash_texts(encoded.dictionary)[numbers(codes)]
        return found
    if pa.types.is_timestamp(array.type):
        array = array.view(pa.int64()) if array.type.tz is None else array.cast(pa.int64())
    elif pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    found[valid(array)] = hash_numbers(numbers(array) + 0)
    return found


def _compared(features: Hashes, labels: Hashes) -> Conflicts:
    rows = len(features)
    if not rows:
        return Conflicts(0, 0, 0, 0.0)
    order = np.lexsort((labels, features))
    features, labels = features[order], labels[order]
    new_row = np.append(True, features[1:] != features[:-1])
    new_pair = new_row | np.append(True, labels[1:] != labels[:-1])
    groups = np.cumsum(new_row) - 1
    pairs = np.flatnonzero(new_pair)
    pair_rows = np.diff(np.append(pairs, rows))
    group_rows = np.bincount(groups)
    pair_counts = np.bincount(groups[pairs])
    most = np.zeros(len(group_rows), np.int64)
    np.maximum.at(most, groups[pairs], pair_rows)
    return Conflicts(
        rows=rows,
        repeated=int(group_rows[group_rows > 1].sum()),
        conflicting=int(group_rows[pair_counts > 1].sum()),
        unavoidable=float((group_rows - most).sum() / rows),
    )
