"""The other dataset of a join: read once, only the columns that are needed, with an index of its keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.key_groups import NONE, Codes, KeyGroups
from evergreen.data.types import TIMESTAMP, declared
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.profiles.views import raw, valid
from evergreen.project.joins import Join
from evergreen.project.schema import ColumnType
from evergreen.validation.redaction import Redaction
from evergreen.wording import number_of


@dataclass(frozen=True)
class RightSide:
    """Which row of the other dataset belongs to a row of this one."""

    name: str
    join: Join
    columns: pa.Table  # by this dataset's names
    keys: tuple[pa.DataType, ...]
    spelled: tuple[bool, ...]  # of each key whether it is stored as whole numbers, and compared as texts
    groups: KeyGroups
    order: Codes  # the rows by group and time
    starts: Codes  # group · (distinct times + 1) + the time's rank from 1 (0 without `as_of`), ascending, as `order`
    times: Codes  # the distinct times, ascending

    @classmethod
    def of(
        cls,
        table: pa.Table,
        join: Join,
        wanted: Wanted,
        *,
        name: str,
        texts: Collection[str] = (),
    ) -> RightSide:
        """Index a dataset's rows; DataRefused when a key has more than one row at a time.

        Of this dataset's keys those in `texts` are identifiers that are texts here: numbers there are spelled out.
        """
        table = table.combine_chunks()
        keys = [_declared(table, theirs, wanted.kinds.get(mine), name) for mine, theirs in join.on.items()]
        stored = [pa.types.is_integer(table.schema.field(theirs).type) for theirs in join.on.values()]
        keys = [_spelled(key) if mine in texts else key for mine, key in zip(join.on, keys, strict=True)]
        found = [_declared(table, theirs, wanted.kinds.get(mine), name) for mine, theirs in join.columns.items()]
        groups, codes = KeyGroups.of(keys)
        known = codes != NONE
        times, ranks = np.empty(0, np.int64), np.full(len(codes), -1)
        if join.as_of is not None:
            moments = _declared(table, join.as_of, "timestamp", name)
            known &= valid(moments)
            times, ranks = np.unique(_microseconds(moments), return_inverse=True)
        places = np.where(known, codes * (len(times) + 1) + ranks + 1, NONE)
        order = np.argsort(places, kind="stable")[np.count_nonzero(~known) :]
        side = cls(
            name=name,
            join=join,
            columns=pa.table(found, names=list(join.columns)),
            keys=tuple(key.type for key in keys),
            spelled=tuple(whole and key.type == pa.string() for whole, key in zip(stored, keys, strict=True)),
            groups=groups,
            order=order,
            starts=places[order],
            times=times,
        )
        side._check_unique(table, wanted.redaction)
        return side

    @property
    def rows(self) -> int:
        """How many rows the index holds."""
        return len(self.order)

    def rows_for(self, keys: Sequence[pa.Array], moments: pa.Array | None) -> pa.Array:
        """For each row of this dataset the row of the other one, null where there is none."""
        codes = self.groups.codes(keys)
        if not self.rows:
            return pa.nulls(len(codes), pa.int64())
        micros = None if moments is None else _microseconds(moments)
        ranks = 0 if micros is None else np.searchsorted(self.times, micros, side="right")
        width = len(self.times) + 1
        at = np.searchsorted(self.starts, codes * width + ranks, side="right") - 1
        reached = self.starts[np.maximum(at, 0)]
        found = (codes != NONE) & (at >= 0) & (reached // width == codes)
        if moments is not None and micros is not None:
            found &= valid(moments)
            if self.join.within is not None:
                age = micros - self.times[np.maximum(reached % width - 1, 0)]
                found &= age <= round(self.join.within.total_seconds() * 1e6)
        return pa.array(self.order[np.where(found, at, 0)], mask=~found)

    def _check_unique(self, table: pa.Table, redaction: Redaction) -> None:
        repeats = np.flatnonzero(self.starts[1:] == self.starts[:-1])
        if not len(repeats):
            return
        place = self.starts[repeats[0]]
        count = int(np.count_nonzero(self.starts == place))
        keys = len(np.unique(self.starts[repeats]))
        row = int(self.order[repeats[0]])
        names = [*self.join.on.items(), *([(self.join.as_of, self.join.as_of)] if self.join.as_of else [])]
        told = [f"{theirs} = {redaction.shown(mine, table[theirs][row].as_py())}" for mine, theirs in names]
        shown = ", ".join(told)
        others = f", and {keys - 1:,} other keys are repeated" if keys > 1 else ""
        hint = "" if self.join.as_of else ", or name its time with as_of to take the newest row before each of yours"
        raise DataRefused(
            f"{self.name} has {number_of(count, 'row')} with {shown}{others}; a join needs one row for each key: "
            f"join on more columns{hint}"
        )


def _declared(table: pa.Table, column: str, kind: ColumnType | None, name: str) -> pa.Array:
    """A column as this project declares it: a key is read alike on both sides."""
    found = table[column] if kind is None else declared(table[column], kind, name=column, source=name)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _spelled(key: pa.Array) -> pa.Array:
    return key.cast(pa.string()) if pa.types.is_integer(key.type) else key


def _microseconds(moments: pa.Array) -> Codes:
    filled = pc.fill_null(moments.cast(TIMESTAMP), pa.scalar(0).cast(pa.timestamp("us")).cast(TIMESTAMP))
    return raw(filled.cast(pa.int64()))
