"""Which rows of a reading are new. Rows near the watermark are read again, and known again by their hash.

A reading asks for rows from `watermark - lag` on, inclusive. Those that an earlier reading took are recognised, as
often as they were taken, so rows that are equal, or came late, or share the newest time, are neither lost nor doubled.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

from evergreen.data.canonical import canonical
from evergreen.errors import SourceFailed
from evergreen.sources.values import Key, Value, earlier, less, order

MOST_SEEN = 1_000_000  # rows near the watermark; each takes about 100 bytes while a source is read
_PRUNE_EVERY = 10_000


class Boundary:
    """The newest value of a source, and the rows that lie at most `lag` before it."""

    def __init__(self, value: Value | None, seen: bytes | None, *, lag: timedelta, name: str) -> None:
        self.value = value
        self._name = name
        self._lag = lag
        self._newest = self._began = order(value) if value is not None else None
        self._oldest = order(self.asks_from) if self.asks_from is not None else None
        self._known: Counter[str] = Counter(json.loads(seen) if seen else {})
        self._near: list[tuple[Key, str]] = []
        self._pruned = _PRUNE_EVERY

    @property
    def asks_from(self) -> Value | None:
        """The value that the next reading asks for."""
        return earlier(self.value, self._lag) if self.value is not None else None

    def take(self, value: Value, digest: str, *, where: str) -> bool:
        """Note a row; whether it is new."""
        key = order(value, where=where)
        if self._oldest is not None and less(key, self._oldest, where=where):
            return False  # nobody asked for it: the source ignores the watermark, or rounds it
        if self._newest is None or less(self._newest, key, where=where):
            self._newest, self.value = key, value
        self._near.append((key, digest))
        if len(self._near) >= self._pruned:
            self._prune()
        if self._known[digest] > 0:
            self._known[digest] -= 1
            return False
        return True

    def seen(self, *, broken_off: bool) -> bytes:
        """The rows that the next reading has to know again: canonical, so that equal readings give equal bytes.

        One that was `broken_off` among late rows did not come to all that were known: those still are.
        """
        self._prune()
        found = Counter(digest for _, digest in self._near)
        if broken_off and self._newest == self._began:
            found += self._known
        return canonical(dict(found))

    def _prune(self) -> None:
        if self.value is None:
            return
        oldest = order(earlier(self.value, self._lag))
        self._near = [(key, digest) for key, digest in self._near if not less(key, oldest, where=self._name)]
        self._pruned = len(self._near) + _PRUNE_EVERY
        if len(self._near) > MOST_SEEN:
            raise SourceFailed(
                f"{self._name}: more than {MOST_SEEN:,} rows lie at most {self._lag} before the newest watermark "
                f"{self.value}; choose a finer watermark, or a shorter data.source.lag"
            )
