"""`evergreen data sheet`: the page holds what is known, loads nothing, and escapes every text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from evergreen.aws.lineage import uses
from evergreen.cli.data import app
from evergreen.cli.sheet_html import page
from evergreen.data.directory import Directory
from evergreen.data.versions import Logged, Versions
from evergreen.datasheets.lineage import Use
from evergreen.datasheets.sheet import Datasheet
from evergreen.errors import EvergreenError
from evergreen.project.reader import parse_project
from tests.unit.data.stores import commit_file, write

NASTY = "<script>alert('x')</script>\"&"
PROJECT = f"""\
project: shop
description: {json.dumps(NASTY)}
target: {{name: late, from: delay > 15}}
data:
  dataset: d
  time: at
  key: [order]
  columns:
    at: {{type: timestamp}}
    gender: {{type: category, description: {json.dumps(NASTY)}}}
    delay: {{type: number, available: after_outcome, unit: minute}}
    temp: {{type: number}}
  join: [{{dataset: weather, on: [gender], columns: [temp]}}]
  representation:
    - {{column: gender, population: {{f: 50%, {json.dumps(NASTY)}: 50%}}}}
"""
VOID = {"meta", "rect", "line", "br", "i"}


class Checker(HTMLParser):
    """Every element is closed, and nothing is loaded or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe")
        assert not any(name in ("src", "onclick", "onload") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def checked(html: str) -> str:
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert not re.search(r"https?://|url\(|@import", html)
    return " ".join(" ".join(checker.text).split())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVERGREEN_PROJECT", raising=False)
    (tmp_path / "project.yaml").write_text(PROJECT)
    write(tmp_path / "weather.parquet", pa.table({"gender": ["f", NASTY], "temp": [1.5, 2.5]}))
    rows = {
        "at": ["2013-01-01T05:00:00Z"] * 200,
        "order": list(range(200)),
        "gender": ["f"] * 50 + [NASTY] * 150,
        "delay": [float(at % 20) for at in range(200)],
    }
    write(tmp_path / "orders <b>.parquet", pa.table(rows))
    run("commit", "weather.parquet", "--dataset", "weather")
    run("commit", "orders <b>.parquet", "-m", NASTY)
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--store", "store"])
    if isinstance(result.exception, EvergreenError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_writes_a_page_that_loads_nothing_and_escapes_every_text(folder: Path) -> None:
    run("sheet", "--dataset", "d", "--html", "sheet.html", "--check-labels")

    text = checked((folder / "sheet.html").read_text())
    assert NASTY in text
    for known in ("Datasheet of d 1.0.0", "200 rows, 5 columns", "under-represented", "joined from weather", "minute",
                  "late = delay > 15", "it is the target, or", "have the same inputs as a row of another",
                  "joined in 1.0.0", "A directory knows no models"):  # fmt: skip
        assert known in text


def test_shows_no_value_that_one_row_alone_holds(folder: Path) -> None:
    (folder / "project.yaml").unlink()
    lines = "".join(f"person{number}@example.com,town{number % 3}\n" for number in range(30))
    (folder / "people.csv").write_text("mail,town\n" + lines)
    run("commit", "people.csv", "--dataset", "people")
    run("sheet", "--dataset", "people", "--html", "people.html")

    page = (folder / "people.html").read_text()
    assert "town2" in page
    assert "@example.com" not in page


def test_answers_in_json(folder: Path) -> None:
    sheet: dict[str, Any] = json.loads(run("sheet", "--dataset", "d", "--json"))

    assert sheet["source"]["joined"][0]["dataset"] == "weather"
    assert [column["role"] for column in sheet["columns"]] == ["time", "key", "input", "target", "input"]
    assert {label["label"]: label["rows"] for label in sheet["balance"]} == {"true": 40, "false": 160}
    assert sheet["representation"][0]["verdict"] == "differs"
    assert [each["dataset"] for each in sheet["lineage"]["data"]] == ["d", "weather"]
    assert sheet["lineage"]["models"] is None


def test_needs_no_project_and_knows_whole_files(folder: Path) -> None:
    (folder / "project.yaml").unlink()
    (folder / "notes").mkdir()
    (folder / "notes/one.txt").write_text("1")
    run("commit", "notes", "--dataset", "notes")
    run("sheet", "--dataset", "notes", "--html", "notes.html")
    run("sheet", "--dataset", "weather", "--html", "weather.html")

    assert "1 whole file, " in checked((folder / "notes.html").read_text())
    assert "Target" not in checked((folder / "weather.html").read_text())
    with pytest.raises(EvergreenError, match="--check-labels needs a project file"):
        run("sheet", "--dataset", "weather", "--check-labels")
    with pytest.raises(EvergreenError, match="--model asks a deployment's ledger"):
        run("sheet", "--dataset", "weather", "--model", "1.0.0")


def test_names_the_runs_and_models_of_the_version(tmp_path: Path) -> None:
    versions = Versions(Directory(tmp_path / "store"))
    commit_file(versions, write(tmp_path / "t.parquet", pa.table({"x": [1, 2], "late": [0, 1]})))
    head = versions.head("d")
    assert head is not None
    mine = Use("run-1", "2013-02-01T00:00:00Z", "1.0.0", head.id, "released", "r" * 64, "image", "3.0.0", "champion")
    other = Use("run-2", "2013-02-01T00:00:00Z", "0.9.0", "f" * 64, "refused")
    project = parse_project("project: p\ntarget: late\ndata: {dataset: d}\n")

    sheet = Datasheet.of([Logged(head.id, head)], versions.profile(head), project, uses=[mine, other])

    text = checked(page(sheet))
    assert "run-1" in text
    assert "3.0.0 (champion)" in text
    assert "run-2" not in text
    assert "No training run has read" in checked(page(Datasheet.of([Logged(head.id, head)], None, None, uses=[])))


class Told:
    """A ledger and a state table of two runs and a model that was registered by hand."""

    def query(self, kind: str) -> list[Any]:
        evidence = {"data_version": "1.0.0", "data_manifest": "m1", "outcome": "released", "model_version": "1.0.0"}
        refused = {"data_version": "1.0.1", "data_manifest": "m2", "outcome": "refused", "model_version": None}
        entry = type("Entry", (), {})
        found = []
        for name, said in (("run-1", evidence), ("run-2", refused)):
            each = entry()
            each.subject, each.at, each.evidence = name, "2013-02-01T00:00:00Z", said
            found.append(each)
        return found if kind == "run" else []

    def list(self, kind: str) -> list[dict[str, Any]]:
        byhand = {"run_id": "hand", "as_of": "2013-03-01T00:00:00Z", "data_version": "1.0.0", "data_manifest": "m1"}
        return [
            {"model_version": "1.0.0", "stage": "champion"},
            {"model_version": "1.1.0", "stage": "registered", **byhand},
        ]


def test_the_ledger_and_the_registry_tell_which_runs_read_which_version() -> None:
    told: Any = Told()

    found = uses(told, told)

    assert [(use.run_id, use.manifest, use.model_version, use.stage) for use in found] == [
        ("run-1", "m1", "1.0.0", "champion"),
        ("run-2", "m2", None, None),
        ("hand", "m1", "1.1.0", "registered"),
    ]
