"""Can rows of the reference and current rows be told apart? A classifier tries, on rows that it has not seen.

Its area under the ROC curve is 0.5 when the two come from one distribution, whatever the columns and however they
depend on each other, and it finds what no column shows alone: a correlation that changed.
Source: Lopez-Paz and Oquab, Revisiting classifier two-sample tests (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.drift.delong import Auc, delong
from evergreen.drift.domain_rows import FOLDS, DomainRows, Pairs, changed_pairs, domain_rows, with_products
from evergreen.drift.multivariate import SHOWN, Multivariate, auc_threshold
from evergreen.drift.psi import Floats
from evergreen.drift.thresholds import ALPHA, Thresholds
from evergreen.profiles.sample import Sample

ROWS = 20_000  # of a side
CELLS = 5_000_000  # of a side: wide tables are judged by fewer rows
SHUFFLED = 1_000  # rows of a side and a fold that show what a feature is worth
TAIL = 0.025  # on each side of the interval
MEETINGS = 2  # of two folds: each is scored by a model that the other has trained, so one chance counts twice
PARAMETERS = MappingProxyType(
    {"max_iter": 100, "max_leaf_nodes": 4, "learning_rate": 0.05, "early_stopping": False, "random_state": 0}
)

Progress = Callable[[str], None]


def rows_to_draw(features: int) -> int:
    """How many rows of each side so many features are judged by.

    >>> rows_to_draw(20), rows_to_draw(2000)
    (20000, 2500)
    """
    return min(ROWS, CELLS // max(features, 1))


def tell_apart(
    reference: Sample, current: Sample, thresholds: Thresholds, *, progress: Progress | None = None
) -> Multivariate:
    """Judge two samples of the same columns. `progress` hears what is being done.

    The area moved when it reaches what a normal column's shift reaches at the distance's threshold, and is above 0.5
    at `ALPHA`. This test stands beside those of the features, and their verdicts do not depend on it.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # loads the libraries that are limited below
    from threadpoolctl import threadpool_limits

    threshold = auc_threshold(thresholds.distance)
    found = Multivariate(threshold, reference.rows, current.rows)
    if min(reference.rows, current.rows) < thresholds.min_rows or not reference.columns:
        return found
    say = progress or (lambda _: None)
    with threadpool_limits(1):  # sums of several threads depend on how many there are
        rows = domain_rows(reference, current)
        folds = []
        for fold in range(FOLDS):
            say(f"fold {fold + 1} of {FOLDS}")
            folds.append(_fold(rows, fold, HistGradientBoostingClassifier(**PARAMETERS)))
        area = _area(rows, [fold.held for fold in folds], [fold.scores(rows.values[fold.held]) for fold in folds])
        low, high = area.interval(TAIL)
        shares = _shares(rows, folds, say) if area.p < ALPHA else {}
    breach = area.value >= threshold and area.p < ALPHA
    return replace(found, auc=area.value, low=low, high=high, p=area.p, breach=breach, shares=shares)


@dataclass(frozen=True)
class _Fold:
    """A model that has not seen the rows `held`."""

    held: NDArray[np.int64]
    pairs: Pairs
    model: Any

    def scores(self, values: Floats) -> Floats:
        """How much each of some rows looks like a current one."""
        scores: Floats = self.model.decision_function(with_products(values, self.pairs))
        return scores

    def first(self, rows: DomainRows) -> NDArray[np.int64]:
        """Some of the rows held, of both sides; they are in a random order."""
        current = rows.is_current[self.held]
        return np.concatenate([self.held[~current][:SHUFFLED], self.held[current][:SHUFFLED]])


def _fold(rows: DomainRows, fold: int, model: Any) -> _Fold:
    seen = rows.folds != fold
    values, is_current = rows.values[seen], rows.is_current[seen]
    pairs = rows.numbers[changed_pairs(values[:, rows.numbers], is_current)]
    is_text = np.append(rows.is_text, np.zeros(len(pairs), dtype=bool))
    model.set_params(categorical_features=is_text if is_text.any() else None)
    matrix = with_products(values, pairs)
    matrix[:, np.isnan(matrix).all(axis=0)] = 0.0  # a column without values cannot be binned
    return _Fold(np.flatnonzero(~seen), pairs, model.fit(matrix, is_current))


def _area(rows: DomainRows, places: Sequence[NDArray[np.int64]], scores: Sequence[Floats]) -> Auc:
    """The mean of the folds' areas: scores of different models are not compared. DeLong's variance of each takes the
    folds for independent.
    """
    found = []
    for at, of_rows in zip(places, scores, strict=True):
        current = rows.is_current[at]
        found.append(delong(of_rows[~current], of_rows[current]))
    value = sum(area.value for area in found) / FOLDS
    variance = MEETINGS * sum(area.variance for area in found) / FOLDS**2
    return Auc(value, variance, sum(area.pairs for area in found))


def _shares(rows: DomainRows, folds: Sequence[_Fold], say: Progress) -> dict[str, float]:
    """How much of the area is lost when one feature's values are shuffled among the rows, of what all lose."""
    places = [fold.first(rows) for fold in folds]
    whole = _area(rows, places, [fold.scores(rows.values[at]) for fold, at in zip(folds, places, strict=True)]).value
    lost: dict[str, float] = {}
    for column, name in enumerate(rows.names):
        say(f"feature {column + 1:,} of {len(rows.names):,}")
        random, scores = np.random.default_rng(column), []
        for fold, at in zip(folds, places, strict=True):
            values = rows.values[at]
            values[:, column] = random.permutation(values[:, column])
            scores.append(fold.scores(values))
        lost[name] = max(0.0, whole - _area(rows, places, scores).value)
    total = sum(lost.values())
    largest = sorted((name for name in lost if lost[name]), key=lambda name: (-lost[name], name))[:SHOWN]
    return {name: lost[name] / total for name in largest}
