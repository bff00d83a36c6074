"""Amounts as a person reads them."""

from __future__ import annotations


def size_text(size: float) -> str:
    """Bytes with three digits.

    >>> size_text(1_530_000)
    '1.53 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, the last of which says that it goes on.

    >>> shortened("departure", 9), shortened("departure", 5)
    ('departure', 'depa…')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
