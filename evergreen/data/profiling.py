"""Profiles of versions from the cached profiles of their objects."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from evergreen.data.manifest import DataObject, Manifest, object_key, profile_key, version_profile_key
from evergreen.data.store import Store
from evergreen.profiles.table import TableProfile, merge

_READERS = 16  # round trips, not bytes, take the time


def version_profile(store: Store, manifest: Manifest, *, keep: bool) -> TableProfile:
    """The merge of the objects' profiles; one that is missing is computed from its object and kept.

    With `keep` the merge is kept, too, compressed once: the next who asks reads one object instead of hundreds. A role
    that only reads does without: S3 tells it of an absent object as of a forbidden one.
    """
    cached = store.get_with_etag(version_profile_key(manifest.id)) if keep else None
    if cached is not None:
        return TableProfile.from_bytes(cached[0])
    with ThreadPoolExecutor(_READERS) as pool:
        merged = merge(list(pool.map(lambda item: _object_profile(store, item), manifest.objects)))
    if keep and len(manifest.objects) > 1:
        content = merged.to_bytes()
        store.put_new(version_profile_key(manifest.id), content)
        return TableProfile.from_bytes(content)
    return merged


def _object_profile(store: Store, item: DataObject) -> TableProfile:
    found = store.get_with_etag(profile_key(item.sha256))
    if found is not None:
        return TableProfile.from_bytes(found[0])
    from evergreen.data.tables import from_parquet
    from evergreen.profiles.build import profile

    made = profile(from_parquet(store.get(object_key(item.sha256))))
    store.put_new(profile_key(item.sha256), made.to_bytes())
    return made
