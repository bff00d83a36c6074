"""The landing zone of a store: batches arrive below `landing/<dataset>/`, and nothing reads one before it is closed."""

from __future__ import annotations

from pathlib import Path

from evergreen.data.hashing import file_hash
from evergreen.data.sources import SEEN, Progress, SourceFile, found_files, silent
from evergreen.data.stat_cache import signature
from evergreen.data.store import JSON, Store
from evergreen.errors import DataRefused, StoreFailed
from evergreen.sources.batch import MARKER, LandedFile, Marker, check_name, folder_key


def land(
    store: Store,
    dataset: str,
    path: Path,
    batch: str,
    marker: Marker,
    *,
    anew: bool,
    progress: Progress = silent,
    passed_over: list[str] | None = None,
) -> int:
    """Bring a file or a folder in, the marker last; returns the bytes that were sent.

    Unless `anew`, what is there with the same size is not sent again: right where the content decides the name. What
    is no data by its name is added to `passed_over`.
    """
    if path.is_file() and path.name.startswith((".", "_")):
        raise DataRefused(f"{path.name}: a name that begins with . or _ is no data; rename the file")
    folder = folder_key(dataset, check_name(batch))
    there = {entry.key: entry.size for entry in store.entries(folder)}
    files = [*found_files(path, passed_over), *_beside(path)]
    total, done, sent = sum(file.size for file in files), 0, 0
    for file in files:
        key = folder + file.name
        if anew or there.get(key) != file.size:
            store.delete([key] if key in there else [])
            store.put_file(file.path, key)
            sent += file.size
        done += file.size
        progress("landing", done, total)
    listed = tuple(LandedFile(path=file.name, sha256=file_hash(file.path), size=file.size) for file in files)
    _close(store, folder, marker.model_copy(update={"files": listed}))
    return sent


def forget(store: Store, dataset: str, batch: str) -> None:
    """Remove the files of a batch, the marker first: they are parts of a version by now."""
    keys = [entry.key for entry in store.entries(folder_key(dataset, batch))]
    store.delete(sorted(keys, key=lambda key: not key.endswith(MARKER)))


def _close(store: Store, folder: str, marker: Marker) -> None:
    """Write the marker, whatever was there: who listens for it hears of the batch again."""
    key, body = folder + MARKER, marker.to_bytes()
    found = store.get_with_etag(key)
    if not store.swap(key, body, found[1] if found else None, content_type=JSON):
        raise StoreFailed(f"{store.uri(key)} was written by somebody else meanwhile; land the batch again")


def _beside(path: Path) -> list[SourceFile]:
    """What a reading leaves beside its rows; a name with an underscore is no data."""
    seen = path / SEEN
    return [SourceFile(str(seen), SEEN, signature(seen.stat()))] if seen.is_file() else []
