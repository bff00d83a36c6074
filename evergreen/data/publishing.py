"""Versions as tables of other catalogs: which schema they have there, and what a store keeps because of them.

A published table refers to the store's own objects. What was published is written down before the catalog hears of
it, and `gc` keeps it: a death in between keeps an object too many, never one too few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from evergreen.data.canonical import canonical, sha256
from evergreen.data.keys import published_prefix
from evergreen.data.manifest import Manifest
from evergreen.data.pointers import parsed
from evergreen.data.store import JSON, Store
from evergreen.data.versions import Versions
from evergreen.errors import CommitConflict, DataRefused

_ATTEMPTS = 20
_CATALOG_LETTERS = 16
# Types that every Iceberg reader finds in Parquet as they are; the parts hold the first six and no others today.
_PORTABLE = (
    pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.timestamp("us", "UTC"), pa.timestamp("us"),
    pa.int32(), pa.float32(), pa.large_string(), pa.binary(), pa.date32(), pa.time64("us"),
)  # fmt: skip
_INSTEAD = (
    (pa.types.is_null, "no row has a value, and Parquet's null type has no Iceberg type: declare its type"),
    (pa.types.is_unsigned_integer, "Iceberg has no unsigned integers: store int64, or text where that is too small"),
    (pa.types.is_dictionary, "Iceberg has no dictionaries: store the values"),
    (pa.types.is_timestamp, "Iceberg's timestamps are microseconds, in UTC or without a zone: store those"),
    (pa.types.is_decimal, "Iceberg's decimals have up to 38 digits: store decimal128, a double or text"),
    (pa.types.is_nested, "nested columns are not versioned: flatten it"),
)


class Publication(BaseModel):
    """The versions that a table of a catalog shows, now or when it is asked for an earlier time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    catalog: str
    table: str
    manifests: tuple[str, ...]


@dataclass(frozen=True)
class SchemaChange:
    """Columns that a table gets, and loses."""

    added: Mapping[str, pa.DataType]
    removed: tuple[str, ...]


def reserve(store: Store, manifest: Manifest, *, catalog: str, table: str) -> None:
    """Write down that a catalog's table is about to refer to a version."""
    name = sha256(f"{catalog}\n{table}".encode())[:_CATALOG_LETTERS]
    key = f"{published_prefix(manifest.dataset)}{name}.json"
    for _ in range(_ATTEMPTS):
        found = store.get_with_etag(key)
        before = parsed(Publication, found[0], store, key).manifests if found else ()
        if manifest.id in before:
            return
        wanted = Publication(catalog=catalog, table=table, manifests=(*before, manifest.id))
        body = canonical(wanted.model_dump(mode="json"))
        if store.swap(key, body, found[1] if found else None, content_type=JSON):
            return
    raise CommitConflict(f"others publish {manifest.dataset} to {catalog} all the time; publish again")


def publications(store: Store, dataset: str) -> Iterator[Publication]:
    """Where versions of a dataset were published."""
    for entry in store.entries(published_prefix(dataset)):
        yield parsed(Publication, store.get(entry.key), store, entry.key)


def check_forward(versions: Versions, manifest: Manifest, shown: str, *, table: str) -> None:
    """A table moves along the history: readers never see an older version come back as the newest."""
    if any(logged.id == shown for logged in versions.history(manifest.dataset, manifest)):
        return
    raise DataRefused(
        f"{table} shows the version with id {shown[:12]}, which is not in the history of {manifest.dataset} "
        f"{manifest.version}; publish a version that came after it, or to another table with --table"
    )


def schema_change(
    manifest: Manifest,
    parts: Sequence[tuple[str, pa.Schema]],
    *,
    now: Mapping[str, pa.DataType],
    ever: frozenset[str],
    table: str,
) -> SchemaChange:
    """What new parts (name and schema) ask of a table with columns `now`, and `ever` before; DataRefused says what
    Iceberg cannot tell.
    """
    types = dict(now)
    for part, schema in parts:
        for field in schema:
            known = types.setdefault(field.name, _portable(field, part))
            if known != field.type:
                raise DataRefused(
                    f"column {field.name} is {field.type} in {part} and {known} in {table}: Iceberg reads every part "
                    "as one type; commit the whole table again with --replace, or publish it with --table to a new one"
                )
    names = [column.name for column in manifest.columns]
    _check_cases(names)
    again = [name for name in names if name in ever and name not in now]
    if again:
        raise DataRefused(
            f"column {again[0]} was in {table} before and is back: Iceberg would lose it in earlier versions; publish "
            "this version with --table to a new table"
        )
    added = {name: types[name] for name in names if name not in now and name in types}
    return SchemaChange(added, tuple(name for name in now if name not in names))


def _portable(field: pa.Field, part: str) -> pa.DataType:
    kind = field.type
    if kind in _PORTABLE or pa.types.is_decimal128(kind):
        return kind
    instead = next((said for matches, said in _INSTEAD if matches(kind)), "Iceberg has no such type: store another")
    raise DataRefused(f"column {field.name} holds {kind} in {part}; {instead}, and commit it with --replace")


def _check_cases(names: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise DataRefused(f"columns {other} and {name} differ only in case, which Athena and Spark cannot tell")
