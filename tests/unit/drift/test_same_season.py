"""`evergreen drift --season`: of files, only rows of the same season are compared."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.main import app
from evergreen.drift.season import parts_of
from evergreen.drift.season_rows import rows_by_part, thin, thinning
from evergreen.errors import DataRefused, EvergreenError, NotFound


def _month(month: str, rows: int = 600, shift: float = 0.0) -> pa.Table:
    random = np.random.default_rng(int(month.replace("-", "")))
    start = np.datetime64(month, "M")
    length = (start + 1).astype("datetime64[us]") - start.astype("datetime64[us]")
    at = start.astype("datetime64[us]") + (length.astype(np.int64) * random.random(rows)).astype("timedelta64[us]")
    warm = 10 - 8 * np.cos(2 * np.pi * int(month[5:]) / 12) + random.normal(shift, 2, rows)
    return pa.table({"at": at, "warm": warm, "even": random.normal(size=rows)})


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six years, a file for each month."""
    folder = tmp_path_factory.mktemp("history")
    for year in range(2015, 2021):
        for month in range(1, 13):
            pq.write_table(_month(f"{year}-{month:02}"), folder / f"{year}-{month:02}.parquet")
    return folder


def _json(*options: str | Path) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["drift", *map(str, options), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_shift_within_the_season_is_found_by_file_and_by_row(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    current = tmp_path / "july.csv"
    pa_csv.write_csv(_month("2021-07", shift=1.5), current)
    whole = tmp_path / "history.jsonl"
    rows = pa.concat_tables([pq.read_table(file) for file in sorted(history.iterdir())]).to_pylist()
    whole.write_text("".join(json.dumps(row | {"at": row["at"].isoformat()}) + "\n" for row in rows))

    hidden = _json("--reference", history, "--current", current)
    by_file = _json("--reference", history, "--current", current, "--season", "year")
    by_row = _json("--reference", whole, "--current", current, "--season", "year", "--time", "at", "--multivariate")

    assert hidden["verdict"] == "ok"
    assert "season" not in hidden
    assert by_file["breaches"] == by_row["breaches"] == ["warm"]
    assert (by_file["season"], by_file["season_rows"]) == (by_row["season"], by_row["season_rows"]) == ("July", 3600)
    assert by_file["features"][0]["tests"][0]["natural"] is not None
    assert by_row["multivariate"]["features"][0]["name"] == "warm"
    assert not list(scratch.iterdir())


def test_an_unchanged_month_has_not_moved(history: Path, tmp_path: Path) -> None:
    pq.write_table(_month("2021-07"), tmp_path / "july.parquet")

    found = _json("--reference", history, "--current", tmp_path / "july.parquet", "--season", "year", "--multivariate")

    assert found["verdict"] == "ok"
    assert found["reason"].endswith("Compared with the reference's rows of July.")


def test_rows_are_thinned_to_the_window_s_season_and_always_the_same(tmp_path: Path) -> None:
    source, out = tmp_path / "a.parquet", tmp_path / "out.parquet"
    table = pa.concat_tables([_month("2020-06", 20_000), _month("2020-07", 10_000), _month("2020-08")])
    times = table["at"].to_pylist()
    times[:100] = [None] * 100
    pq.write_table(table.set_column(0, "at", pa.array(times, pa.timestamp("us"))), source)
    window = np.array([0] * 5 + [300, 900] + [0] * 5)
    before = rows_by_part(source, "at", "year")

    shares = thinning(before, window, "year")
    kept = [thin(source, out, "at", "year", shares, place=0), pq.read_table(out)["at"].to_numpy()]
    again = [thin(source, out, "at", "year", shares, place=0), pq.read_table(out)["at"].to_numpy()]

    assert before[5:8].tolist() == [19_900, 10_000, 600]
    assert (kept[0], kept[1].tolist()) == (again[0], again[1].tolist())
    assert kept[0] == len(kept[1])
    june, july = np.bincount(parts_of(kept[1], "year"), minlength=12)[5:7]
    assert july == 10_000
    assert abs(june - 10_000 / 3) < 5 * np.sqrt(10_000 / 3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--season", "summer"], "there is no season 'summer'; seasons: year, week, day"),
        (["--season", "year", "--time", "when"], "there is no column when; --time names the column of the season; "
         "columns with times: at"),
        (["--season", "year", "--time", "warm"], "01.parquet: column warm holds numbers, and a season needs times"),
        (["--time", "at"], "--time names the column of --season, which is not given: add it, or leave --time out"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_by_season_is_said(
    history: Path, tmp_path: Path, options: list[str], says: str
) -> None:
    pq.write_table(_month("2021-07"), tmp_path / "july.parquet")

    with pytest.raises((NotFound, DataRefused), match=says):
        _json("--reference", history, "--current", tmp_path / "july.parquet", *options)


def test_a_reference_without_the_season_and_a_profile_are_refused(history: Path, tmp_path: Path) -> None:
    pq.write_table(_month("2021-07"), tmp_path / "july.parquet")
    profile = tmp_path / "july.json"
    assert CliRunner().invoke(app, ["profile", str(tmp_path / "july.parquet"), "--out", str(profile)]).exit_code == 0

    with pytest.raises(DataRefused, match="the reference holds no rows of July, and --season compares rows"):
        _json("--reference", history / "2015-01.parquet", "--current", tmp_path / "july.parquet", "--season", "year")
    with pytest.raises(DataRefused, match=r"july\.json: is a profile and holds no rows; --season needs the data files"):
        _json("--reference", history, "--current", profile, "--season", "year")
    with pytest.raises(EvergreenError, match="--season needs --reference and --current"):
        _json("--season", "year")
