"""Words that messages share."""

from __future__ import annotations


def number_of(count: int, what: str) -> str:
    """So many of them, in words.

    >>> number_of(1, "row"), number_of(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
