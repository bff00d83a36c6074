"""Files that change between the pass that finds their types and the one that reads their rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evergreen.data.reading import open_rows
from evergreen.data.sources import found_files
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused


@pytest.mark.parametrize("row", ["1,Anna", "1", None])
def test_csv_that_no_longer_fits_its_types_or_is_gone_is_refused(tmp_path: Path, row: str | None) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"y,c\n1,2\n"))
    rows = open_rows(found_files(path), Wanted(), source=path.name)
    path.unlink()
    if row is not None:
        path.write_bytes(gzip.compress(f"y,c\n{row}\n".encode()))

    with pytest.raises(DataRefused, match=r"^rows\.csv\.gz: (cannot be read once more; did it change|.*No such file)"):
        list(rows.tables())
