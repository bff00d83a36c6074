"""Files that a user named: the new one is complete before it takes the place of what stood there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from evergreen.errors import EvergreenError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; EvergreenError says why it cannot be.

    A link stays a link, and the file keeps its mode. A pipe or a device is written into.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise EvergreenError(f"{path}: cannot be written: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".temporary-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        fresh.write_bytes(content)
        if path.exists():
            path.open("r+b").close()  # what may not be written is not replaced, either
            shutil.copymode(path, fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
