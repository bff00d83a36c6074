"""Profiles of versions from the cached profiles of their objects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from evergreen.data.manifest import DataObject, Manifest, object_key, profile_key
from evergreen.data.store import Store
from evergreen.profiles.table import TableProfile, merge

_READERS = 16  # round trips, not bytes, take the time


def version_profile(store: Store, manifest: Manifest) -> TableProfile:
    """The merge of the objects' profiles; one that is missing is computed from its object and kept."""
    with ThreadPoolExecutor(_READERS) as pool:
        return merge(list(pool.map(lambda item: _object_profile(store, item), manifest.objects)))


def _object_profile(store: Store, item: DataObject) -> TableProfile:
    found = store.get_with_etag(profile_key(item.sha256))
    if found is not None:
        return TableProfile.from_bytes(found[0])
    from evergreen.data.tables import from_parquet
    from evergreen.profiles.build import profile

    made = profile(from_parquet(store.get(object_key(item.sha256))))
    store.put_new(profile_key(item.sha256), made.to_bytes())
    return made
