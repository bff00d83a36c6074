"""What a report may show of a value: enough to see what is wrong with it, never a person's data.

Numbers, times and booleans are shown as they are, except in identifiers: columns of type `id`, keys, and columns that
must be unique. Of a declared category short values are shown, unless they hold an @ or many digits. Every other text
is shown as its shape: `Aa99-9`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

LONGEST_CATEGORY, MOST_DIGITS = 16, 4
LONGEST_SHAPE = 24


@dataclass(frozen=True)
class Redaction:
    """Which columns hold identifiers, and which hold declared categories."""

    identifiers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def shown(self, column: str, value: Any) -> str:
        """A value as a report shows it."""
        if value is None:
            return "null"
        if isinstance(value, float):
            return self.figure(column, value)
        if column in self.identifiers:
            return shape(str(value))
        if isinstance(value, datetime):
            return value.isoformat().replace("+00:00", "Z")
        if not isinstance(value, str):
            return str(value)
        return repr(value) if column in self.categories and _is_label(value) else shape(value)

    def figure(self, column: str, value: Any) -> str:
        """The smallest or largest number or time as a report shows it."""
        spelt = _digits(value) if isinstance(value, float) else str(value)
        return shape(spelt) if column in self.identifiers else spelt


def shape(text: str) -> str:
    """The kinds of a text's characters.

    >>> shape("Zoë 12-b@x.org")
    'Aaa 99-a@a.aaa'
    """
    kept = "".join(map(_kind, text[:LONGEST_SHAPE]))
    return kept if len(text) <= LONGEST_SHAPE else f"{kept}… ({len(text):,} characters)"


def _digits(value: float) -> str:
    """All digits of a number, and no fraction of a whole one: text files hold whole numbers as doubles, too.

    >>> _digits(123456789.0), _digits(0.1)
    ('123456789', '0.1')
    """
    return repr(value).removesuffix(".0")


def _kind(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isupper():
        return "A"
    if character.isalpha() or ord(character) > 127:
        return "a"
    return character if character.isprintable() else repr(character)[1:-1]  # a terminal would obey it


def _is_label(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return len(text) <= LONGEST_CATEGORY and digits <= MOST_DIGITS and "@" not in text
