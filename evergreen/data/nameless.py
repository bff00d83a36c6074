"""Files without a name: they vanish with the process that writes them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_PIECE = 4 << 20
_MOST_IN_KERNEL = 1 << 30
_TEMPORARY = ".temporary"


@contextmanager
def nameless(folder: Path) -> Iterator[tuple[IO[bytes], str]]:
    """A file that vanishes with its process, and the path to link it by; a named one where there are none."""
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o644)
    except (OSError, AttributeError):
        path = folder / f"{_TEMPORARY}-{os.getpid()}-{os.urandom(4).hex()}"
        with path.open("xb") as file:
            try:
                yield file, str(path)
            finally:
                path.unlink(missing_ok=True)
        return
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
        yield file, f"/proc/self/fd/{descriptor}"


def copy_bytes(source: IO[bytes], target: IO[bytes]) -> None:
    """Inside the kernel where it can: the bytes need not come by here."""
    try:
        while os.copy_file_range(source.fileno(), target.fileno(), _MOST_IN_KERNEL):
            pass
    except (OSError, AttributeError):
        source.seek(0)
        target.seek(0)
        target.truncate()
        shutil.copyfileobj(source, target, _PIECE)
