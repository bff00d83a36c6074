from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.cli.profile import read
from evergreen.errors import DataRefused, EvergreenError
from evergreen.profiles.build import profile
from evergreen.profiles.description import read_profile, write_profile

TABLE = pa.table({"x": [1.0, 2.0, None], "c": ["a", "b", "a"]})


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["profile", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_prints_a_table_and_writes_profiles_that_can_be_read_again(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")

    for ending in ("profile", "json"):
        out = tmp_path / f"p.{ending}"
        assert "33.3%" in run(tmp_path / "t.parquet", "--out", out)
        assert read_profile(out) == profile(TABLE)


def test_profiles_of_parts_are_the_profile_of_the_whole(tmp_path: Path) -> None:
    pq.write_table(TABLE.slice(0, 1), tmp_path / "a.parquet")
    write_profile(profile(TABLE.slice(1)), tmp_path / "b.profile")

    found = json.loads(run(tmp_path / "a.parquet", tmp_path / "b.profile", "--json"))

    assert found["rows"] == 3
    x = found["columns"][0]
    assert (x["nulls"], x["mean"], x["quantiles"]["at"]["0.5"], x["quantiles"]["rank_error"]) == (1, 1.5, 1.0, 0.0)
    assert found["correlation"] == {"columns": ["x"], "matrix": [[1.0]]}


def test_refuses_other_endings_and_files_that_hold_no_profile(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"rows": 1}')

    with pytest.raises(DataRefused, match=r"a profile is written as \.profile or \.json"):
        write_profile(profile(TABLE), tmp_path / "p.txt")
    with pytest.raises(DataRefused, match=r"p\.json: does not hold a profile"):
        read_profile(tmp_path / "p.json")
    with pytest.raises(EvergreenError, match=r"cannot be written: No such file or directory"):
        write_profile(profile(TABLE), tmp_path / "absent" / "p.profile")


def test_an_ending_that_no_profile_has_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"p\.txt: a profile is written as"):
        run(tmp_path / "absent.parquet", "--out", tmp_path / "p.txt")


@pytest.mark.parametrize("name", ["p.json", "p.profile", "without-an-ending"])
def test_a_profile_of_another_format_is_to_be_made_again(tmp_path: Path, name: str) -> None:
    older = profile(TABLE).to_bytes().replace(b"evergreen profile 4", b"evergreen profile 3", 1)
    described = json.dumps({"profile": b64encode(older).decode()}).encode()
    (tmp_path / name).write_bytes(described if name.endswith(".json") else older)

    with pytest.raises(DataRefused, match=rf"{name}: the profile is not in format 4.*make it again"):
        read(tmp_path / name)


def test_files_that_do_not_make_one_table_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n,1\n")
    (tmp_path / "b.csv").write_text("x,y\n2,1\n")
    (tmp_path / "c.csv").write_text("x,y\n2,z\n")

    with pytest.raises(DataRefused, match=r"column y is number in a\.csv and text in c\.csv"):
        run(*(tmp_path / f"{name}.csv" for name in "abc"))
