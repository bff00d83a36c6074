"""Rows with columns of other datasets: a left join, in the one pass that stores the rows.

The other dataset's newest version is read once, and only the columns that the join names; the rows come batch by
batch. Rows keep their number and their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.manifest import JoinedVersion, Manifest, NewFiles, Source
from evergreen.data.pieces import Streamed
from evergreen.data.reading import Rows
from evergreen.data.right_side import RightSide
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.project.joins import Join

if TYPE_CHECKING:
    from evergreen.data.versions import Versions

_NUMBERS = {pa.int64(), pa.float64()}
_ZEROS = r"^[+-]?0\d"


@dataclass(frozen=True)
class Joining:
    """The joins that a project declares, against one store."""

    versions: Versions
    wanted: Wanted

    def pinned(self, source: Source, head: Manifest | None, mode: NewFiles) -> Source:
        """The source with the versions that it is joined with: the newest.

        One that was appended before keeps those of then: committing it again finds its own rows and adds none.
        """
        names = tuple(dict.fromkeys(join.dataset for join in self.wanted.joins))
        if not names:
            return source
        before = self._appended(source, head, names) if mode == "append" and head else None
        return source.model_copy(update={"joined": before or tuple(self._newest(name) for name in names)})

    def joined(self, rows: Rows, source: Source) -> Rows:
        """The rows with the columns of every join; DataRefused before any of them is stored."""
        manifests = {each.dataset: self.versions.manifest(each.dataset, each.manifest) for each in source.joined}
        for join in self.wanted.joins:
            side = self._side(join, manifests[join.dataset], rows.schema)
            rows = _with_columns(rows, side, self.wanted)
        if self.wanted.joins:
            self.wanted.check_target(rows.schema, rows.source)
        return rows

    def _newest(self, name: str) -> JoinedVersion:
        head = self.versions.head(name)
        if head is None:
            raise DataRefused(
                f"data.join: {name} has no version in this store yet; commit it first: "
                f"evergreen data commit FILE --dataset {name}"
            )
        return JoinedVersion(dataset=name, version=head.version, manifest=head.id)

    def _appended(self, source: Source, head: Manifest, names: tuple[str, ...]) -> tuple[JoinedVersion, ...] | None:
        for _, manifest in self.versions.history(head.dataset, head):
            said = manifest.source
            if said.sha256 == source.sha256 and tuple(each.dataset for each in said.joined) == names:
                return said.joined
            if manifest.new_files == "replace":
                return None
        return None

    def _side(self, join: Join, manifest: Manifest, schema: pa.Schema) -> RightSide:
        name = f"{manifest.dataset} {manifest.version}"
        if not manifest.objects:
            raise DataRefused(f"data.join: {name} holds whole files and has no columns to join")
        needed = [*join.on.values(), *join.columns.values(), *([join.as_of] if join.as_of else [])]
        known = [column.name for column in manifest.columns]
        missing = [column for column in dict.fromkeys(needed) if column not in known]
        if missing:
            raise DataRefused(f"data.join: {name} has no column {', '.join(missing)}; it has {', '.join(known)}")
        table = self.versions.read(manifest, list(dict.fromkeys(needed)))
        texts = [key for key in join.on if key in self.wanted.ids and schema.field(key).type == pa.string()]
        return RightSide.of(table, join, self.wanted, name=name, texts=texts)


def _with_columns(rows: Rows, side: RightSide, wanted: Wanted) -> Rows:
    _check_keys(rows, side, wanted.ids)
    schema = pa.schema([*rows.schema, *side.columns.schema])
    read = partial(_tables, rows, side, schema, wanted.time)
    return Rows(rows.source, schema, [Streamed(rows.source, schema, rows.count, rows.size, read)])


def _check_keys(rows: Rows, side: RightSide, ids: Collection[str]) -> None:
    for (mine, theirs), kind in zip(side.join.on.items(), side.keys, strict=True):
        found = rows.schema.field(mine).type
        spelled = mine in ids and (found, kind) == (pa.int64(), pa.string())
        if found != kind and not spelled and not {found, kind} <= _NUMBERS and pa.null() not in (found, kind):
            raise DataRefused(
                f"{rows.source}: column {mine} holds {found}, and {theirs} of {side.name} {kind}; "
                f"declare the type of {mine} under data.columns, and both are read alike"
            )


def _check_spelled(rows: Rows, side: RightSide, keys: Sequence[pa.Array]) -> None:
    """DataRefused for a key such as 007, of which the other dataset, read as numbers, has kept the 7."""
    for (mine, theirs), key, spelled in zip(side.join.on.items(), keys, side.spelled, strict=True):
        if spelled and pa.types.is_string(key.type) and pc.any(pc.match_substring_regex(key, _ZEROS)).as_py():
            raise DataRefused(
                f"{rows.source}: column {mine} holds texts that begin with 0, and {theirs} of {side.name} numbers, "
                f"which have no such zeros any more; commit {side.join.dataset} again: its file is read as texts now"
            )


def _tables(rows: Rows, side: RightSide, schema: pa.Schema, time: str | None) -> Iterator[pa.Table]:
    """Small batches together: looking keys up costs a pass over the other side's, however few rows ask."""
    for table in _gathered(rows.tables(), side.rows):
        keys = [_key(table, name, kind) for name, kind in zip(side.join.on, side.keys, strict=True)]
        _check_spelled(rows, side, keys)
        moments = _array(table, time) if side.join.as_of and time else None
        found = side.columns.take(side.rows_for(keys, moments))
        yield pa.table([*table.columns, *found.columns], schema=schema)


def _gathered(tables: Iterator[pa.Table], least: int) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(each.num_rows for each in waiting) >= least:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _key(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    """A column as it is; an identifier that is a number here and a text there, as a text."""
    column = _array(table, name)
    return column.cast(kind) if kind == pa.string() and pa.types.is_integer(column.type) else column


def _array(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks()
