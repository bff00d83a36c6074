"""Files that a user named: whole or as they were."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import pytest

from evergreen.data.whole import write_whole
from evergreen.errors import EvergreenError


def test_a_full_disk_leaves_what_stood_there_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"earlier")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(EvergreenError, match=r"report\.html: cannot be written: File too large"):
            write_whole(path, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_the_file_keeps_its_mode(tmp_path: Path) -> None:
    path, link = tmp_path / "report.html", tmp_path / "newest.html"
    path.write_bytes(b"earlier")
    path.chmod(0o640)
    link.symlink_to("report.html")

    write_whole(link, b"new")

    assert link.is_symlink()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_bytes()))
    reader.start()

    write_whole(tmp_path / "pipe", b"new")

    reader.join()
    assert found == [b"new"]
