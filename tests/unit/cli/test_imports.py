"""What the offline commands import: pandas, which pyarrow fetches for conversions, takes longer than they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COMMANDS = """
import sys
from typer.testing import CliRunner
from evergreen.cli.main import app

for asked in (
    ["profile", "t.parquet", "--out", "t.profile"],
    ["drift", "--reference", "t.profile", "--current", "t.parquet"],
):
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert result.exit_code == 0, (asked, result.output)
    assert "pandas" not in sys.modules, asked
"""


def test_profile_and_drift_do_without_pandas(tmp_path: Path) -> None:
    table = pa.table(
        {"x": [1.5, None], "n": [1, 2], "c": ["a", None], "b": [True, None], "t": pa.array([1, 2], "date32")}
    )
    pq.write_table(table, tmp_path / "t.parquet")

    subprocess.run([sys.executable, "-c", COMMANDS], cwd=tmp_path, check=True)
