"""What an Iceberg table shows, and how its columns change; parts are matched with them by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import pyarrow_to_schema, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.name_mapping import NameMapping
from pyiceberg.table.snapshots import Snapshot

from evergreen.data.manifest import Manifest
from evergreen.data.publishing import SchemaChange, schema_change
from evergreen.errors import DataRefused

_A = TypeVar("_A")
_B = TypeVar("_B")

VERSION, MANIFEST = "evergreen.version", "evergreen.manifest"
_READERS = 16
_SMALL = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}


def by_manifest(table: Table | None) -> dict[str, int]:
    """The table's snapshots by the id of the version that each shows."""
    found = ((_said(snapshot), snapshot.snapshot_id) for snapshot in (table.snapshots() if table else ()))
    return {manifest: id_ for manifest, id_ in found if manifest is not None}


def current_files(table: Table | None, name: str) -> tuple[str | None, dict[str, DataFile]]:
    """The id of the version that the table shows, and its files by path; refuses a table that others wrote to."""
    snapshot = table.current_snapshot() if table else None
    if table is None or snapshot is None:
        return None, {}
    shown = _said(snapshot)
    if shown is None:
        raise DataRefused(
            f"the newest snapshot of {name} ({snapshot.snapshot_id}) is no published version: somebody else wrote to "
            "the table; roll it back there, or publish with --table to another one"
        )
    entries = (entry for each in snapshot.manifests(table.io) for entry in each.fetch_manifest_entry(table.io))
    return shown, {entry.data_file.file_path: entry.data_file for entry in entries}


def schemas(io: FileIO, paths: Sequence[str]) -> list[tuple[str, pa.Schema]]:
    """The name and the schema of each part, from their footers."""

    def read(path: str) -> tuple[str, pa.Schema]:
        with io.new_input(path).open() as file:
            return Path(path).name, pq.read_schema(file)

    return together(read, paths)


def requested_change(
    manifest: Manifest, table: Table | None, parts: Sequence[tuple[str, pa.Schema]], name: str
) -> SchemaChange:
    """How the table's columns must change to show the version; DataRefused where they cannot."""
    every = table.schemas().values() if table else ()
    ever = frozenset(field.name for schema in every for field in schema.fields)
    now = _stored_types(table.schema()) if table else {}
    return schema_change(manifest, parts, now=now, ever=ever, table=name)


def change_schema(transaction: Transaction, change: SchemaChange) -> None:
    """Add and delete columns, within the transaction."""
    if not change.added and not change.removed:
        return
    fields = [pa.field(name, kind) for name, kind in change.added.items()]
    ids = NameMapping.model_validate([{"field-id": at, "names": [each.name]} for at, each in enumerate(fields, 1)])
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for name in change.removed:
            update.delete_column((name,))
        for field in pyarrow_to_schema(pa.schema(fields), ids).fields:
            update.add_column((field.name,), field.field_type)


def together(work: Callable[[_A], _B], values: Sequence[_A]) -> list[_B]:
    """Round trips, not bytes, take the time."""
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(work, values))


def _stored_types(schema: Schema) -> dict[str, pa.DataType]:
    """Columns in the types that parts are stored in."""
    found = schema_to_pyarrow(schema, include_field_ids=False)
    return {field.name: _SMALL.get(field.type, field.type) for field in found}


def _said(snapshot: Snapshot) -> str | None:
    return None if snapshot.summary is None else snapshot.summary.additional_properties.get(MANIFEST)
