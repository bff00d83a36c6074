"""Parts of one pass, merged sixteen at a time: memory grows with the logarithm of the rows."""

from __future__ import annotations

from collections.abc import Sequence

from evergreen.profiles.quantiles import FINE_POINTS, POINTS
from evergreen.profiles.table import Part, merge_parts

_WIDTH = 16


class Pile:
    """Takes parts in row order. Level l holds parts of 16ˡ chunks; a full level becomes one part of the next.

    n rows in chunks of 131,072 pass ⌈log₁₆ chunks⌉ levels, and each level and the last merge add one compression's
    error: 16 chunks (2 million rows) 1 / 8192 for the chunk and 1 / 4096 for storing, each further level 1 / 8192.
    """

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        self._levels: list[list[Part]] = [list(parts)]
        self.rows = 0

    def push(self, part: Part) -> None:
        """Add the next rows."""
        level = 0
        self.rows += part.rows
        self._levels[0].append(part)
        while len(self._levels[level]) > _WIDTH:
            full, self._levels[level] = self._levels[level], []
            if level + 1 == len(self._levels):
                self._levels.append([])
            level += 1
            self._levels[level].append(merge_parts(full, FINE_POINTS))

    def whole(self, points: int = POINTS) -> Part:
        """One part of all rows; by default with the points that a stored summary has."""
        return merge_parts([part for level in reversed(self._levels) for part in level], points)
