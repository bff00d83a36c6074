"""Two samples as one matrix for trees: numbers by their ranks, texts by the codes of the frequent ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.delong import midranks
from evergreen.drift.psi import Floats
from evergreen.profiles.distinct import Hashes
from evergreen.profiles.hashing import mixed
from evergreen.profiles.sample import NO_TEXT, Sample

FOLDS = 5
FEWEST_HELD = 10  # rows of a side in a fold
TWINS = 20  # equal rows, at most, that share a fold: more of them are a share that a leaf of a tree can learn
CODES = 254  # texts with a code of their own; trees take one more, for all others
FEWEST = 10  # rows of a text with a code of its own: trees leave rarer ones aside, and take unknown ones for missing
MOST_PAIRS = 10
CHANCE = 0.01  # that any pair is among the changed ones when none has changed
_SPREAD = 12**0.5  # standard deviations of a uniform distribution in its range

Pairs = NDArray[np.int64]  # columns of a matrix, of shape (n_pairs, 2)


@dataclass(frozen=True)
class DomainRows:
    """Rows of the reference, then current ones: `values` of shape (n_rows, n_features), NaN where there is none.

    `is_current` and `folds` have the shape (n_rows,). Equal samples have equal rows in equal folds, so that a model
    which has seen a row on one side has seen it on the other.
    """

    names: tuple[str, ...]
    values: Floats
    is_text: NDArray[np.bool_]
    is_current: NDArray[np.bool_]
    folds: NDArray[np.int64]

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The columns that have ranks."""
        return np.flatnonzero(~self.is_text)


def domain_rows(reference: Sample, current: Sample) -> DomainRows:
    """Put two samples of the same columns below each other; what a value becomes does not depend on its side."""
    n, m = reference.rows, current.rows
    columns = [np.concatenate([values, current.columns[name]]) for name, values in reference.columns.items()]
    is_text = np.array([values.dtype == np.uint64 for values in columns], dtype=bool)
    values = np.empty((n + m, len(columns)), order="F")
    for at, column in enumerate(columns):
        values[:, at] = _codes(column) if is_text[at] else _ranks(column)
    is_current = np.arange(n + m) >= n
    return DomainRows(tuple(reference.columns), values, is_text, is_current, _folds(values, is_current))


def changed_pairs(values: Floats, is_current: NDArray[np.bool_]) -> Pairs:
    """Return the pairs of columns of ranks whose mean product changed the most, by more than chance; ten at most.

    Trees look at one column at a time and find a changed correlation by accident where there are many columns. The
    mean product of two ranks is Spearman's correlation; its standard error is 1 / sqrt(n) at most.

    >>> x = np.random.default_rng(1).uniform(-1.7, 1.7, (600, 3))
    >>> x[300:, 2] = -x[300:, 0]
    >>> changed_pairs(x, np.arange(600) >= 300).tolist()
    [[0, 2]]
    """
    known = np.nan_to_num(values)
    after, before = known[is_current], known[~is_current]
    change = np.abs(after.T @ after / len(after) - before.T @ before / len(before))
    pairs: Pairs = np.argwhere(np.triu(np.ones(change.shape, dtype=bool), 1))
    if not len(pairs):
        return pairs
    sizes = change[pairs[:, 0], pairs[:, 1]] / np.sqrt(1 / len(after) + 1 / len(before))
    largest = np.argsort(-sizes, kind="stable")[:MOST_PAIRS]
    changed: Pairs = pairs[largest[sizes[largest] > NormalDist().inv_cdf(1 - CHANCE / 2 / len(pairs))]]
    return changed


def with_products(values: Floats, pairs: Pairs) -> Floats:
    """Return the matrix with a column more for each pair: its product."""
    return np.column_stack([values, values[:, pairs[:, 0]] * values[:, pairs[:, 1]]])


def _folds(values: Floats, is_current: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Folds of about equal size on both sides; few equal rows share one, else a model would know rows held out."""
    places = np.concatenate(
        [np.arange((~is_current).sum()), np.arange(is_current.sum())]
    )  # in the order of random keys
    hashes = np.zeros(len(values), np.uint64)
    for column in values.T:
        hashes = mixed(hashes ^ np.ascontiguousarray(column).view(np.uint64))
    _, first, groups, sizes = np.unique(hashes, return_index=True, return_inverse=True, return_counts=True)
    folds = np.where(sizes[groups] <= TWINS, places[first[groups]], places) % FOLDS
    held = np.bincount(2 * folds + is_current, minlength=2 * FOLDS)
    return folds if held.min() >= FEWEST_HELD else places % FOLDS


def _ranks(numbers: Floats) -> Floats:
    """Ranks with mean 0 and, without ties, standard deviation 1: no product of two is beyond doubles."""
    ranks, known = np.full(len(numbers), np.nan), ~np.isnan(numbers)
    ranks[known] = _SPREAD * (midranks(numbers[known]) / (known.sum() + 1) - 0.5)
    return ranks


def _codes(texts: Hashes) -> Floats:
    """Codes by frequency, the most frequent 0; rare texts and those beyond `CODES` share one."""
    found, places, counts = np.unique(texts, return_inverse=True, return_counts=True)
    counts[found == NO_TEXT] = 0
    codes = np.empty(len(found))
    codes[np.lexsort((found, -counts))] = np.minimum(np.arange(len(found)), CODES)
    codes[counts < FEWEST] = CODES
    codes[found == NO_TEXT] = np.nan
    coded: Floats = codes[places]
    return coded
