"""Archives of the same content are the same bytes."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from pathlib import Path

from local.assets import archive


def test_an_archive_depends_on_content_only(tmp_path: Path) -> None:
    for folder, names in (("one", ("a.py", "b/c.py")), ("two", ("b/c.py", "a.py"))):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            os.utime(path, (len(folder + name), len(folder)))

    one, two = archive(tmp_path / "one"), archive(tmp_path / "two")

    assert one == two
    assert zipfile.ZipFile(BytesIO(one)).namelist() == ["a.py", "b/c.py"]
