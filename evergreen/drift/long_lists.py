"""New categories of a list that is too long for a profile: as many as the sketches of both sides leave no doubt of.

The k smallest hashes of a union are a sample of its distinct values, and both sketches hold those of it that are
theirs (Beyer et al., 2007, On synopses for distinct-value estimation under multiset operations). Of a sample without
replacement that holds μ shared values on average, fewer than (1 - δ) μ are found with a probability of at most
exp(-δ² μ / 2) (Hoeffding, 1963), which bounds μ, and so the categories that both sides have.
"""

from __future__ import annotations

import math

import numpy as np

from evergreen.drift.fisher import fisher_p_value
from evergreen.drift.new_categories import NewCategories
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.distinct import DistinctSketch, merge_sketches

DOUBT = 1e-9  # that the sample misleads: far below any level that a window's tests are judged at
DEVIATIONS = 6.0  # of an estimate: beyond lie as few


def certainly_new(reference: ColumnProfile, current: ColumnProfile) -> NewCategories:
    """Count the rows that are certainly in categories that the reference never showed; by which name is not known.

    The categories that both sides have are taken to be the current data's most frequent ones, and each one that the
    reference does not list to have been seen once there, as in `unseen_p_value`.
    """
    if reference.sketch is None or current.sketch is None:
        return NewCategories((), 0, 0.0, 1.0)
    shared = most_shared(reference.sketch, current.sketch)
    frequent = np.sort(np.array(list(current.categories.values()), dtype=np.int64))[::-1][:shared]
    rows = max(0, current.values - int(frequent.sum()) - shared * current.top_error)
    unlisted = reference.values - sum(reference.categories.values())
    once = min(unlisted, _most(reference.sketch) - len(reference.categories))
    p = fisher_p_value(reference.values, once, current.values, rows) if rows else 1.0
    return NewCategories((), rows, rows / max(current.values, 1), max(p, DOUBT))


def most_shared(one: DistinctSketch, other: DistinctSketch) -> int:
    """Return the most distinct values that two sketches can share, but for a probability of `DOUBT`.

    >>> most_shared(DistinctSketch(np.array([1, 2], np.uint64)), DistinctSketch(np.array([2, 3], np.uint64)))
    1
    """
    union = merge_sketches([one, other])
    found = len(np.intersect1d(np.intersect1d(one.hashes, other.hashes), union.hashes))
    if union.exact:
        return found
    doubt = -math.log(DOUBT)
    mean = found + doubt + math.sqrt(doubt * doubt + 2 * doubt * found)
    return min(math.ceil(mean / len(union.hashes) * _most(union)), _most(one), _most(other))


def _most(sketch: DistinctSketch) -> int:
    return math.ceil(sketch.estimate * (1 + DEVIATIONS * sketch.error))
