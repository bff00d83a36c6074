"""`evergreen data fetch | land | retry` on a directory store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.cli.data_land import check_landed
from evergreen.cli.data_store import Place
from evergreen.data.directory import Directory
from evergreen.data.versions import Versions
from evergreen.errors import EvergreenError
from evergreen.sources.quarantine import Quarantine
from tests.unit.sources.world import PROJECT, Database, sqlite_source


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.chdir(tmp_path)
    found = Database(tmp_path / "orders.db")
    (tmp_path / "project.yaml").write_text(PROJECT % ("append", json.dumps(sqlite_source(found.path))))
    return found


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*arguments, "--store", "store"])
    if isinstance(result.exception, EvergreenError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def answer(*arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code))


def test_fetches_commits_and_says_from_where_to_where(database: Database) -> None:
    database.add((1, "2013-01-01 08:00:00"), (2, "2013-01-02 08:00:00"))

    said = run("fetch")

    assert "orders: fetched 2 rows" in said
    assert "– → 2013-01-02 08:00:00" in said
    assert "orders 1.0.0: 2 new rows; 2 rows in all" in said
    assert "warning" not in said
    assert "orders: nothing new since 2013-01-02 08:00:00" in run("fetch")
    assert answer("fetch")["batches"][0]["outcome"] == "nothing_new"
    assert not list(Path("store/landing").rglob("*.gz"))


def test_what_is_left_out_of_a_landed_folder_is_told(database: Database) -> None:
    Path("sales").mkdir()
    Path("sales/a.csv").write_text("id,at,amount,sold\n1,2013-01-01,1,true\n")
    Path("sales/notes.txt").write_text("as usual")
    Path("sales/_more.csv").write_text("id,at,amount,sold\n2,2013-01-01,1,true\n")

    said = run("land", "sales")

    assert "warning: left out: notes.txt" in said
    assert "warning: left out: _more.csv (a name that begins with _ is no data, rename what is)" in said


def test_lands_a_file_and_commits_it_at_once(database: Database) -> None:
    Path("january sales.csv").write_text("id,at,amount,sold\n1,2013-01-01,1,true\n")

    landed = answer("land", "january sales.csv")

    assert landed["batch"].startswith("january-sales.csv-")
    assert (landed["outcome"], landed["new_rows"]) == ("committed", 1)
    assert answer("land", "january sales.csv")["outcome"] == "unchanged"
    with pytest.raises(EvergreenError, match="choose another name"):
        run("land", "january sales.csv", "--batch", "fetch-x")


def test_refused_data_exits_with_1_and_is_listed_and_retried(database: Database) -> None:
    Path("bad.csv").write_text("id,at,amount,sold\n1,never,1,true\n")
    run("land", "bad.csv", "--batch", "bad", code=1)

    (waiting,) = answer("retry")

    assert waiting["batch"] == "bad"
    assert "row 1: aaaaa is not an ISO 8601 time" in waiting["reason"]
    assert answer("retry", "bad", code=1)["outcome"] == "quarantined"
    Path("bad.csv").write_text("id,at,amount,sold\n1,2013-01-01,1,true\n")
    assert answer("land", "bad.csv", "--batch", "bad")["outcome"] == "committed"
    assert "nothing is in quarantine" in run("retry")


def test_a_project_without_a_source_says_so(database: Database) -> None:
    Path("project.yaml").write_text("project: shop\ntarget: sold\ndata: {dataset: orders}\n")

    with pytest.raises(EvergreenError, match=r"declares no data\.source"):
        run("fetch")


def test_batches_that_nothing_would_commit_are_not_landed(database: Database) -> None:
    versions = Versions(Directory(Path("store")))
    joined = Place(versions, "weather", None, "2013-04-01T00:00:00Z", list, Quarantine(versions.store, "weather"))

    with pytest.raises(EvergreenError, match="evergreen data commit FILE --dataset weather"):
        check_landed(joined)
