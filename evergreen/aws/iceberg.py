"""A version as an Iceberg table over its own parts: one atomic commit, no copy, one snapshot a version.

This module and its neighbours `catalogs` and `iceberg_tables` are the only ones that know pyiceberg, which no function
carries: import them where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.io import load_file_io
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.table.update.snapshot import ManageSnapshots

from evergreen.aws.iceberg_tables import (
    MANIFEST,
    VERSION,
    by_manifest,
    change_schema,
    current_files,
    requested_change,
    schemas,
    together,
)
from evergreen.data.keys import object_key
from evergreen.data.manifest import Manifest
from evergreen.data.publishing import SchemaChange, check_forward
from evergreen.data.store import Store
from evergreen.data.versions import Versions
from evergreen.errors import CommitConflict, EvergreenError, StoreFailed

_ATTEMPTS = 5
_PROPERTIES = {
    "gc.enabled": "false",  # the objects are the store's: no engine's clean-up and no DROP … PURGE may delete them
    TableProperties.COMMIT_NUM_RETRIES: "0",  # a lost race is planned anew, on the table as it is then
}


@dataclass(frozen=True)
class PublishedVersion:
    """The snapshot that shows a version, and what it took."""

    table: str
    snapshot: int
    tag: str
    files: int
    added: int
    removed: int
    unchanged: bool


def publish(
    versions: Versions, manifest: Manifest, catalog: Catalog, table: str, *, reserve: Callable[[], None]
) -> PublishedVersion:
    """Make `table` show the version; readers see the one before or this one. Published again, it changes nothing.

    `reserve` is called before the catalog hears of the version, and not when the version is refused.
    """
    catalog.create_namespace_if_not_exists(table.rpartition(".")[0])
    for _ in range(_ATTEMPTS):
        try:
            return _attempt(versions, manifest, catalog, table, reserve)
        except (CommitFailedException, TableAlreadyExistsError):
            continue
    raise CommitConflict(f"others changed {table} {_ATTEMPTS} times in a row; publish again")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Errors of pyiceberg, of its database and of its file system as ours."""
    try:
        yield
    except EvergreenError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise StoreFailed(f"{doing}: {type(error).__name__}: {reason}") from error


def _attempt(
    versions: Versions, manifest: Manifest, catalog: Catalog, name: str, reserve: Callable[[], None]
) -> PublishedVersion:
    table = _loaded(catalog, name)
    there = by_manifest(table).get(manifest.id)
    if there is not None:
        return PublishedVersion(name, there, _tag(manifest), len(manifest.objects), 0, 0, unchanged=True)
    shown, current = current_files(table, name)
    if shown is not None:
        check_forward(versions, manifest, shown, table=name)
    wanted = {_location(versions.store, object_key(item.sha256)) for item in manifest.objects}
    added = sorted(wanted - current.keys())
    removed = [current[path] for path in sorted(current.keys() - wanted)]
    io = load_file_io(catalog.properties, next(iter(wanted)))
    change = requested_change(manifest, table, schemas(io, added), name)
    reserve()
    transaction = _begun(catalog, name, table, change)
    snapshot = _replace(transaction, manifest, added, removed)
    transaction.commit_transaction()
    return PublishedVersion(name, snapshot, _tag(manifest), len(wanted), len(added), len(removed), unchanged=False)


def _loaded(catalog: Catalog, name: str) -> Table | None:
    try:
        return catalog.load_table(name)
    except NoSuchTableError:
        return None


def _begun(catalog: Catalog, name: str, table: Table | None, change: SchemaChange) -> Transaction:
    """A transaction with the version's columns; parts carry no field ids, so columns are found by name."""
    if table is not None:
        transaction = table.transaction()
        change_schema(transaction, change)
        return transaction
    schema = pa.schema([pa.field(column, kind) for column, kind in change.added.items()])
    creation = catalog.create_table_transaction(name, schema, properties=_PROPERTIES)
    names = creation.table_metadata.schema().name_mapping.model_dump_json()
    return creation.set_properties({TableProperties.DEFAULT_NAME_MAPPING: names})


def _replace(transaction: Transaction, manifest: Manifest, added: Sequence[str], removed: Sequence[DataFile]) -> int:
    """One snapshot that has the added files and has not the removed ones, and its tag."""
    metadata = transaction.table_metadata
    described = together(partial(parquet_file_to_data_file, transaction._table.io, metadata), added)
    said = {"evergreen.dataset": manifest.dataset, VERSION: manifest.version, MANIFEST: manifest.id}
    update = transaction.update_snapshot(snapshot_properties=said)
    with update.overwrite() if removed else update.fast_append() as snapshot:
        for file in removed:
            snapshot.delete_data_file(file)
        for file in described:
            snapshot.append_data_file(file)
    ManageSnapshots(transaction).create_tag(snapshot.snapshot_id, _tag(manifest)).commit()
    return snapshot.snapshot_id


def _tag(manifest: Manifest) -> str:
    """A letter first: a number alone would be read as a snapshot's id."""
    return f"v{manifest.version}"


def _location(store: Store, key: str) -> str:
    """Where an object is, for readers in other folders."""
    uri = store.uri(key)
    return uri if "://" in uri else str(Path(uri).resolve())
