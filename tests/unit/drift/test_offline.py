"""`evergreen drift --reference REF --current CUR`: files, profiles and folders, without any cloud."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.drift.compare import compare_profiles
from evergreen.errors import DataRefused, EvergreenError, NotFound
from evergreen.profiles.build import profile_file


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A reference and a current file; the current one has an injected name and a moved column."""
    random = np.random.default_rng(1)
    for name, shift in (("before", 0.0), ("after", 0.6)):
        columns = {
            "amount": random.normal(shift, 1, 3000),
            "<b>plan</b>": random.choice(["a", "b & c"], 3000),
            "zero": np.where(random.random(3000) < 0.5, 0.0, random.random(3000)),
        }
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    return tmp_path / "before.parquet", tmp_path / "after.parquet"


def _drift(*options: str | Path) -> str:
    result = CliRunner().invoke(app, ["drift", *map(str, options)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_two_files_are_compared_and_the_report_is_json(files: tuple[Path, Path]) -> None:
    found = json.loads(_drift("--reference", files[0], "--current", files[1], "--json"))

    assert found["breaches"] == ["amount"]
    assert found["psi_smoothing"] == 0.5
    assert len(found["features"][0]["bins"]["edges"]) == 9


@pytest.mark.parametrize("name", ["before.json", "before.profile", "0f3c"])
def test_saved_profiles_give_the_same_as_their_files(files: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    saved = tmp_path / name
    if saved.suffix:
        CliRunner().invoke(app, ["profile", str(files[0]), "--out", str(saved)], catch_exceptions=False)
    else:
        saved.write_bytes(profile_file(files[0]).to_bytes())  # as a store keeps it

    found = [_drift("--reference", side, "--current", files[1], "--json") for side in (files[0], saved)]

    assert found[0] == found[1]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_drift_does_not_read_what_its_profiles_leave_out(files: tuple[Path, Path], tmp_path: Path, ending: str) -> None:
    current = tmp_path / f"current.{ending}"
    table = pq.read_table(files[1]).append_column("whole", pa.array(np.arange(3000) % 1500))
    if ending == "csv":
        pa_csv.write_csv(table, current)
    elif ending == "jsonl":
        current.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    else:
        pq.write_table(table, current)
    found = profile_file(current, whole=False)

    reports = [
        compare_profiles(profile_file(files[0], whole=whole), profile_file(current, whole=whole)).to_dict()
        for whole in (True, False)
    ]

    assert reports[0] == reports[1]
    assert found.correlation.names == ()
    fractions = [column for column in found.columns.values() if isinstance(column.min, float)]
    assert fractions
    assert all(column.sketch is None for column in fractions)


def test_a_person_reads_a_table_and_the_power_line(files: tuple[Path, Path]) -> None:
    text = _drift("--reference", files[0], "--current", files[1])

    assert "moved" in text
    assert "it sees mean shifts of" in text


def test_the_html_report_loads_nothing_and_escapes_names(files: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    _drift("--reference", files[0], "--current", files[1], "--html", page)

    text = page.read_text()
    assert "&lt;b&gt;plan&lt;/b&gt;" in text
    assert "<b>plan" not in text
    assert "b &amp; c" in text
    assert not re.search(r"(?:src|href)=\"(?!#)", text)
    assert text.count("<svg") == 3
    assert text.index('id="amount"') < text.index('id="zero"')


def test_a_folder_of_windows_tells_the_natural_variation(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    folder = tmp_path / "weeks"
    folder.mkdir()
    for week in range(6):
        pq.write_table(pa.table({"x": random.normal(size=500)}), folder / f"{week}.parquet")
    (folder / "_SUCCESS").touch()
    current = tmp_path / "now.parquet"
    pq.write_table(pa.table({"x": random.normal(size=500)}), current)

    found = json.loads(_drift("--reference", folder, "--current", current, "--json"))

    assert found["verdict"] == "ok"
    assert found["features"][0]["tests"][0]["natural"] is not None


def test_files_below_hidden_folders_are_no_rows(files: tuple[Path, Path], tmp_path: Path) -> None:
    for place in ("all/month", "all/.ipynb_checkpoints", "all/_temporary/0"):
        (tmp_path / place).mkdir(parents=True)
        shutil.copy(files[1], tmp_path / place)

    found = json.loads(_drift("--reference", files[0], "--current", tmp_path / "all", "--json"))

    assert found["rows"] == pq.read_metadata(files[1]).num_rows


def test_what_cannot_be_compared_is_a_sentence(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no data")
    runner = CliRunner()
    pairs = {
        ("--reference", str(files[0])): EvergreenError,
        ("--reference", str(files[0]), "--current", str(tmp_path / "absent.csv")): NotFound,
        ("--reference", str(files[0]), "--current", str(tmp_path / "notes.txt")): DataRefused,
        ("--reference", str(files[0]), "--current", str(files[1]), "--preset", "odd"): NotFound,
    }
    for options, error in pairs.items():
        assert isinstance(runner.invoke(app, ["drift", *options]).exception, error)


@pytest.mark.parametrize(
    "option", [("--time", "at"), ("--preset", "sensitive"), ("--exclude", "amount"), ("--include", "amount")]
)
def test_an_option_of_a_comparison_is_not_ignored_without_its_files(option: tuple[str, str]) -> None:
    error = CliRunner().invoke(app, ["drift", *option]).exception

    assert isinstance(error, EvergreenError)
    assert str(error) == f"{option[0]} needs --reference and --current: name both, or leave it out"


def test_a_time_of_the_project_is_not_ignored_beside_files(files: tuple[Path, Path]) -> None:
    options = ("--reference", str(files[0]), "--current", str(files[1]), "--as-of", "2013-04-01")

    error = CliRunner().invoke(app, ["drift", *options]).exception

    assert isinstance(error, EvergreenError)
    assert str(error) == "--as-of is a time of a project: --reference and --current are compared whole"
