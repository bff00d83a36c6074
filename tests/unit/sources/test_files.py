"""Rows on their way into files: what a full disk leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from evergreen.errors import StoreFailed
from evergreen.sources.files import RowFiles


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("rows", [1, 100_000])
def test_a_full_disk_is_told_with_its_folder(tmp_path: Path, rows: int) -> None:
    (tmp_path / "part-00000.jsonl.gz").symlink_to("/dev/full")

    def write() -> None:
        with RowFiles(tmp_path) as files:
            for number in range(rows):
                files.write(str(hash(number * 0.1)).encode())

    with pytest.raises(StoreFailed, match=f"writing {tmp_path}: No space left on device"):
        write()
