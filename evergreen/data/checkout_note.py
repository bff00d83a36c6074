"""What was checked out into a folder, noted inside it as git's index is: another version may replace just that."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from evergreen.data.canonical import canonical, parsed
from evergreen.data.hashing import file_hash
from evergreen.errors import EvergreenError

OWN = ".evergreen-checkout"  # hidden: neither a commit nor a reader of the folder takes it for data
_FORMAT = 1


class Note:
    """The files of one dataset in a folder: the contents that checkouts gave each. A damaged note lists none."""

    def __init__(self, folder: Path, dataset: str) -> None:
        self._folder = folder
        self._path = folder / OWN / f"{dataset}.json"
        self.files: Mapping[str, list[str]] = {}
        with suppress(OSError, ValueError, LookupError, TypeError):
            document = parsed(self._path.read_bytes())
            self.files = dict(document["files"]) if document["format"] == _FORMAT else {}

    def wrote(self, name: str) -> bool:
        """Whether the file is as a checkout left it."""
        try:
            return file_hash(self._folder / name) in self.files.get(name, ())
        except OSError:
            return False

    def write(self, files: Mapping[str, list[str]], *, also: Mapping[str, list[str]] | None = None) -> None:
        """Note these contents; and `also` those that files have until they are replaced, should this process die."""
        noted = {name: [*files.get(name, ()), *(also or {}).get(name, ())] for name in {**(also or {}), **files}}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(canonical({"format": _FORMAT, "files": noted}))
        fresh.replace(self._path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for one checkout at a time; EvergreenError while another one writes."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EvergreenError(f"another checkout writes into {folder}; wait until it has ended") from error
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)
