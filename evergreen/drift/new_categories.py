"""Categories that the reference never showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evergreen.drift.fisher import fisher_p_value

NAMED = 5  # new categories listed by name in a report


@dataclass(frozen=True)
class NewCategories:
    """`rows` of the window hold one of `categories`, the most frequent first; `share` of its known values."""

    categories: tuple[str, ...]
    rows: int
    share: float
    p: float


def new_categories(reference: Mapping[str, int], window: Mapping[str, int]) -> NewCategories:
    """Count the window's rows in categories that the reference has not; `reference`, `window`: rows by category.

    The share is in [0, 1]: 0 when all are known, 1 when none is. Rows in unseen categories are to be expected where
    many were seen once: by Good and Turing their share is that of the categories seen once (Good, 1953), so the
    p-value is Fisher's for more new rows in the window than single ones in the reference.

    >>> new_categories({"AA": 90, "UA": 9, "OO": 1}, {"AA": 40, "ZZ": 10}).categories
    ('ZZ',)
    """
    new = {name: count for name, count in window.items() if count and not reference.get(name)}
    n, m, rows = sum(reference.values()), sum(window.values()), sum(new.values())
    once = sum(1 for count in reference.values() if count == 1)
    named = tuple(sorted(new, key=lambda name: (-new[name], name)))
    p = fisher_p_value(n, once, m, rows) if rows and n else 1.0
    return NewCategories(named, rows, rows / max(m, 1), p)
