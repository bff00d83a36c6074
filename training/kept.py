"""Which rows a model is made of: not of duplicates, of rows that a filter leaves out, of outliers in training."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.data.types import declared
from evergreen.errors import DataRefused
from evergreen.profiles.chunks import kind_of
from evergreen.project.expression import parse_expression
from evergreen.project.expression_nodes import ExpressionError, names
from evergreen.project.expression_types import check_condition
from evergreen.project.prepare import EVERY_COLUMN, Duplicates
from evergreen.project.schema import Project
from evergreen.validation.compiled import compute
from evergreen.validation.values import Values, booleans
from evergreen.wording import number_of
from training.job import say
from training.split import TRAIN, Sides

LEFT_OUT = 3  # the side of rows that are on none
_SOURCE = "the data version"


def kept_rows(table: pa.Table, project: Project) -> pa.Table:
    """The rows that `data.prepare` keeps for training, validation and test, in their order."""
    for at, step in enumerate(project.data.prepare):
        if step.drop_duplicates is None and step.filter is None:
            continue
        place = f"data.prepare[{at}].{step.step}"
        duplicates, condition = step.drop_duplicates, step.filter
        keep = _firsts(table, duplicates, place) if duplicates else _true(table, condition or "", project, place)
        if not keep.any():
            raise DataRefused(f"{place}: keeps none of {number_of(table.num_rows, 'row')}")
        say(f"left out {int(np.count_nonzero(~keep)):,} of {table.num_rows:,} rows: {step}")
        table = table.filter(pa.array(keep))
    return table


def without_outliers(side: Sides, table: pa.Table, project: Project) -> Sides:
    """The sides again; training rows that `drop_outliers` names, by the training rows' own spread, are on none."""
    side = side.copy()
    for at, step in enumerate(project.data.prepare):
        learned = side == TRAIN
        outside = np.zeros(len(side), dtype=bool)
        for name, spread in (step.drop_outliers or {}).items():
            place = f"data.prepare[{at}].drop_outliers"
            outside |= _beyond(_column(table, name, project, place), spread, learned, f"{place}.{name}")
        outside &= learned
        if step.drop_outliers:
            if (outside == learned).all():
                raise DataRefused(f"data.prepare[{at}].drop_outliers: leaves no training row")
            say(f"left out {int(np.count_nonzero(outside)):,} of {int(np.count_nonzero(learned)):,} rows: {step}")
        side[outside] = LEFT_OUT
    return side


def _firsts(table: pa.Table, duplicates: Duplicates, place: str) -> NDArray[np.bool_]:
    """Which rows are the first, or the last, of those alike. A missing value of a named column is like no other."""
    every = EVERY_COLUMN in duplicates.columns
    codes, alone = np.zeros(table.num_rows, np.int64), np.zeros(table.num_rows, dtype=bool)
    for name in table.column_names if every else duplicates.columns:
        column = _named(table, name, place).combine_chunks()
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), None, pc.add(column, 0.0))  # -0.0 is 0.0
        encoded = column.dictionary_encode()
        own = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy().astype(np.int64)
        alone |= np.asarray(column.is_null()) if not every else False
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + own, return_inverse=True)[1]
    order = codes if duplicates.keep == "first" else codes[::-1]
    keep = np.zeros(table.num_rows, dtype=bool)
    keep[np.unique(order, return_index=True)[1]] = True
    keep = keep if duplicates.keep == "first" else keep[::-1]
    return keep | alone


def _true(table: pa.Table, condition: str, project: Project, place: str) -> NDArray[np.bool_]:
    """The rows where the condition is true: what a missing value makes unknown is left out (SQL's WHERE)."""
    node = parse_expression(condition)
    columns = {name: _column(table, name, project, place) for name in names(node)}
    kinds = {name: kind_of(column.type) for name, column in columns.items()}
    try:
        check_condition(node, {name: None if kind == "null" else kind for name, kind in kinds.items()})
    except ExpressionError as error:
        raise DataRefused(f"{place}: {error}") from error
    found = compute(node, {name: Values(column).plain for name, column in columns.items()})
    if pa.types.is_null(found.type):
        return np.zeros(table.num_rows, dtype=bool)
    return booleans(found, table.num_rows)


def _beyond(column: pa.Array, spread: float, learned: NDArray[np.bool_], place: str) -> NDArray[np.bool_]:
    values = Values(column)
    if values.kind != "number":
        raise DataRefused(f"{place}: holds {column.type}, and outliers are numbers")
    numbers = values.numbers.astype(np.float64)
    present = np.ones(len(numbers), dtype=bool) if values.present is None else values.present
    known = numbers[learned & present]
    if not len(known):
        return np.zeros(len(numbers), dtype=bool)
    return np.asarray(present & (np.abs(numbers - known.mean()) > spread * known.std()))


def _column(table: pa.Table, name: str, project: Project, place: str) -> pa.Array:
    """A column in its declared type, in one piece."""
    column, known = _named(table, name, place), project.data.columns.get(name)
    return (declared(column, known.type, name=name, source=_SOURCE) if known else column).combine_chunks()


def _named(table: pa.Table, name: str, place: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise DataRefused(f"{place}: {_SOURCE} has no column {name}")
    return table[name]
