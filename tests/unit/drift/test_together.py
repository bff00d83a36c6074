"""`evergreen drift --multivariate`: what columns show together, from files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.errors import DataRefused, EvergreenError

ROWS = 2000


def _table(random: np.random.Generator, correlation: float, rows: int = ROWS) -> pa.Table:
    price = random.normal(size=rows)
    return pa.table(
        {
            "<b>price</b>": price,
            "quantity": correlation * price + np.sqrt(1 - correlation**2) * random.normal(size=rows),
            "plan": random.choice(["a", "b", "c"], rows),
            "paid": random.random(rows) < 0.3,
            "row_id": np.arange(rows) + int(correlation * 1e6),
        }
    )


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A reference, as many rows like it, and some whose columns depend on each other as they did not."""
    random = np.random.default_rng(1)
    found = {}
    for name, correlation in (("before", 0.0), ("like", 0.0), ("after", 0.6)):
        found[name] = tmp_path / f"{name}.parquet"
        pq.write_table(_table(random, correlation), found[name])
    return found


def _run(reference: Path, current: Path, *options: str | Path) -> Result:
    asked = ["drift", "--reference", reference, "--current", current, "--multivariate", *options]
    return CliRunner().invoke(app, [str(each) for each in asked])


def _json(*arguments: str | Path) -> dict[str, Any]:
    result = _run(*map(Path, arguments[:2]), "--json", *arguments[2:])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_changed_correlation_is_drift_that_no_column_shows(files: dict[str, Path]) -> None:
    found = _json(files["before"], files["after"])

    together = found["multivariate"]
    assert found["breaches"] == []
    assert found["verdict"] == together["verdict"] == "breach"
    assert "all together (AUC 0.6" in found["reason"]
    assert together["threshold"] < together["low"] < together["auc"] < together["high"]
    assert together["rows"] == {"reference": ROWS, "current": ROWS}
    assert {feature["name"] for feature in together["features"][:2]} == {"<b>price</b>", "quantity"}
    assert 0.9 < sum(feature["share"] for feature in together["features"]) <= 1.000001


def test_without_the_option_it_is_not_found_and_sklearn_is_not_imported(files: dict[str, Path]) -> None:
    code = (
        "import json, sys; from typer.testing import CliRunner; from evergreen.cli.main import app; "
        f"asked = ['drift', '--reference', {str(files['before'])!r}, '--current', {str(files['after'])!r}, '--json']; "
        "found = CliRunner().invoke(app, asked, catch_exceptions=False).stdout; "
        "print(json.dumps([json.loads(found), 'sklearn' in sys.modules, 'scipy' in sys.modules]))"
    )

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    report, *imported = json.loads(said)
    assert report["verdict"] == "ok"
    assert "multivariate" not in report
    assert imported == [False, False]


def test_a_person_reads_one_line_more(files: dict[str, Path]) -> None:
    moved, like = _run(files["before"], files["after"]), _run(files["before"], files["like"])

    assert moved.exit_code == like.exit_code == 0
    lines = [next(line for line in each.stdout.splitlines() if line.startswith("together")) for each in (moved, like)]
    area, names = lines[0].split("; told apart by ")
    assert re.fullmatch(r"together: AUC 0\.6\d\d \[0\.\d{3}, 0\.\d{3}\], moved", area)
    assert sorted(names.split(", ")) == ["<b>price</b>", "quantity"]
    assert re.fullmatch(r"together: AUC 0\.\d{3} \[0\.4\d\d, 0\.\d{3}\], ok", lines[1])


def test_the_page_has_a_section_with_two_figures(files: dict[str, Path], tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    _run(files["before"], files["after"], "--html", page)

    text = page.read_text()
    assert 'All features together <span class="badge breach">moved</span>' in text
    assert "moved from 0.571" in text
    assert 'aria-label="told apart by"' in text
    assert "<b>price" not in text
    assert "nan" not in re.sub("<style>.*</style>", "", text)


def test_a_page_without_a_finding_names_no_feature(files: dict[str, Path], tmp_path: Path) -> None:
    page, few = tmp_path / "report.html", tmp_path / "few.parquet"
    pq.write_table(pq.read_table(files["like"]).slice(0, 99), few)

    _run(files["before"], files["like"], "--html", page)
    like = page.read_text()
    _run(files["before"], few, "--html", page)

    assert "No feature tells them apart." in like
    assert "Too few rows to train on: 2,000 rows of the reference and 99 current ones." in page.read_text()


def test_too_few_rows_have_no_verdict(files: dict[str, Path], tmp_path: Path) -> None:
    pq.write_table(pq.read_table(files["after"]).slice(0, 99), tmp_path / "few.parquet")

    found = _json(files["before"], tmp_path / "few.parquet")
    said = _run(files["before"], tmp_path / "few.parquet").stdout

    assert found["verdict"] == found["multivariate"]["verdict"] == "insufficient_data"
    assert found["multivariate"]["auc"] is None
    assert "together: no verdict" in said


def test_columns_that_are_not_judged_take_no_part(files: dict[str, Path]) -> None:
    found = _json(files["before"], files["after"], "--exclude", "quantity")

    assert found["verdict"] == "ok"
    assert {"quantity", "row_id"} <= set(found["excluded"])
    assert _json(files["before"], files["after"], "--include", "row_id")["multivariate"]["auc"] > 0.999


def test_the_same_file_twice_is_exactly_alike(files: dict[str, Path]) -> None:
    assert _json(files["before"], files["before"])["multivariate"]["auc"] == 0.5


def test_answers_do_not_depend_on_the_format(files: dict[str, Path], tmp_path: Path) -> None:
    pa_csv.write_csv(pq.read_table(files["after"]), tmp_path / "after.csv")

    found = [_json(files["before"], current)["multivariate"] for current in (files["after"], tmp_path / "after.csv")]

    assert found[0] == found[1]


def test_a_folder_counts_as_one_table_whose_files_may_lack_columns(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    table = pq.read_table(files["after"])
    pq.write_table(table.slice(0, 1000), tmp_path / "all" / "a.parquet")
    pq.write_table(table.slice(1000).drop_columns("plan"), tmp_path / "all" / "b.parquet")

    together = _json(files["before"], tmp_path / "all")["multivariate"]

    assert together["rows"]["current"] == ROWS
    assert together["features"][0]["name"] == "plan"


def test_profiles_and_a_deployment_are_refused_in_a_sentence(files: dict[str, Path], tmp_path: Path) -> None:
    saved = tmp_path / "before.json"
    CliRunner().invoke(app, ["profile", str(files["before"]), "--out", str(saved)], catch_exceptions=False)

    for sides in ((saved, files["after"]), (files["after"], saved)):
        error = _run(*sides).exception
        assert isinstance(error, DataRefused)
        assert str(error) == "before.json: is a profile and holds no rows; --multivariate needs the data files"
    asked = CliRunner().invoke(app, ["drift", "--multivariate"]).exception
    assert isinstance(asked, EvergreenError)
    assert str(asked) == "--multivariate needs --reference and --current: name both, or leave it out"
