"""Categories that the reference never showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evergreen.drift.fisher import fisher_p_value

NAMED = 5  # new categories listed by name in a report


@dataclass(frozen=True)
class NewCategories:
    """`rows` of the window hold one of `categories`, the most frequent first; `share` of its known values."""

    categories: tuple[str, ...]
    rows: int
    share: float
    p: float


def new_categories(reference: Mapping[str, int], window: Mapping[str, int], unlisted: int = 0) -> NewCategories:
    """Count the window's rows in categories that the reference has not; `reference`, `window`: rows by category.
    `unlisted` rows of the window are in others, which are not known by name.

    The share is in [0, 1]: 0 when all are known, 1 when none is.

    >>> new_categories({"AA": 90, "UA": 9, "OO": 1}, {"AA": 40, "ZZ": 10}).categories
    ('ZZ',)
    """
    new = {name: count for name, count in window.items() if count and not reference.get(name)}
    n, m, rows = sum(reference.values()), sum(window.values()) + unlisted, sum(new.values()) + unlisted
    named = tuple(sorted(new, key=lambda name: (-new[name], name)))
    p = unseen_p_value(n, list(reference.values()), m, rows)
    return NewCategories(named, rows, rows / max(m, 1), p)


def unseen_p_value(n: int, counts: ArrayLike, m: int, rows: int) -> float:
    """Return P(at least `rows` of the window's `m` are in categories that the reference's `n` rows never showed).

    Rows in unseen categories are to be expected where many were seen once: by Good and Turing their share is that of
    the f₁ categories seen once, f₁ / n, with a variance of (f₁ + 2 f₂) / n² (Good, 1953; Esty, 1983). The p-value is
    Fisher's, for a reference of as few rows as have that variance in their share of single ones.

    >>> unseen_p_value(100, [90, 9, 1], 50, 10) < 1e-3
    True
    """
    seen = np.bincount(np.minimum(np.asarray(counts, dtype=np.int64), 3), minlength=3)
    once, twice = int(seen[1]), int(seen[2])
    certain = (once + 1) / (once + 1 + 2 * twice)
    return fisher_p_value(round(n * certain), round(once * certain), m, rows) if rows and n else 1.0
