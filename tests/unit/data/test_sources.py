"""Which files a path stands for, and what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from evergreen.data.hashing import hashes
from evergreen.data.sources import found_files, source_of
from evergreen.data.stat_cache import StatCache
from evergreen.errors import DataRefused


def test_a_folder_holds_the_same_files_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f/sub").mkdir(parents=True)
    for name in ("a.bin", "sub/b.bin"):
        (tmp_path / "f" / name).write_text(name)
    monkeypatch.chdir(tmp_path / "f")

    for path in (Path(), Path("../f"), Path("sub/.."), tmp_path / "f"):
        files = found_files(path)
        assert [file.name for file in files] == ["a.bin", "sub/b.bin"], path
        assert source_of(path, files, hashes(files, StatCache())).name == "f"


def test_a_link_to_nothing_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.csv").symlink_to(tmp_path / "moved.csv")

    with pytest.raises(DataRefused, match=r"b\.csv: is a link to a file that is not there"):
        found_files(tmp_path)
