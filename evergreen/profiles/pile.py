"""Parts of one pass, merged sixteen at a time: memory grows with the logarithm of the rows."""

from __future__ import annotations

from collections.abc import Sequence

from evergreen.profiles.table import Part, merge_parts

_WIDTH = 16


class Pile:
    """Takes parts in row order. Level l holds parts of 16ˡ chunks; a full level becomes one part of the next.

    The rank error is 1 / 4096 for the chunks and as much for each merge above them: 1 / 2048 up to 16 chunks of 262,144
    rows or more, 3 / 4096 up to 256 chunks (67 million rows), 1 / 1024 up to 4,096 chunks (a billion rows). Chunks that
    are sorted as singles add eight rows each.
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
            self._levels[level].append(merge_parts(full))

    def whole(self) -> Part:
        """One part of all rows."""
        return merge_parts([part for level in reversed(self._levels) for part in level])
