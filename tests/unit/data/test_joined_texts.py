"""Texts of a dataset that a project joins stay as they are spelled: 007 on one side is 007 on the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.data.directory import Directory
from evergreen.data.versions import Versions
from evergreen.errors import DataRefused, EvergreenError

PROJECT = """\
project: shop
target: sold
data:
  dataset: orders
  columns: {id: {type: id}, zip: {type: category}, region: {type: category}, sold: {type: boolean}}
  join:
    - {dataset: places, on: {zip: code}, columns: {region: area}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("project.yaml").write_text(PROJECT)
    Path("places.csv").write_text("code,area,people\n007,001,5\n008,002,6\n")
    Path("orders.csv").write_text("id,zip,sold\n1,007,true\n2,009,false\n")


def run(*arguments: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--store", "store"])
    if isinstance(result.exception, EvergreenError):
        raise result.exception
    assert result.exit_code == 0, result.output


def columns(dataset: str) -> dict[str, list[Any]]:
    versions = Versions(Directory(Path("store")))
    head = versions.head(dataset)
    assert head is not None
    return versions.read(head).to_pydict()


@pytest.mark.parametrize("command", ["commit", "land"])
def test_columns_that_a_join_names_are_read_as_the_project_declares_them(command: str) -> None:
    run(command, "places.csv", "--dataset", "places")
    run("commit", "orders.csv")

    assert columns("places") == {"code": ["007", "008"], "area": ["001", "002"], "people": [5, 6]}
    assert columns("orders")["region"] == ["001", None]


def test_appended_rows_keep_the_texts_of_those_that_are_there() -> None:
    Path("places.csv").write_text("code,area,note\n007,001,A1\n")
    run("commit", "places.csv", "--dataset", "places")
    Path("more.csv").write_text("code,area,note\n008,002,05\n")
    run("commit", "more.csv", "--dataset", "places", "--append")

    assert columns("places") == {"code": ["007", "008"], "area": ["001", "002"], "note": ["A1", "05"]}


def test_keys_that_were_stored_as_numbers_before_they_were_declared_are_refused() -> None:
    Path("project.yaml").rename("later.yaml")
    run("commit", "places.csv", "--dataset", "places")
    Path("later.yaml").rename("project.yaml")

    with pytest.raises(DataRefused, match=r"zip holds texts that begin with 0, and code of places 1\.0\.0 numbers"):
        run("commit", "orders.csv")
    run("commit", "places.csv", "--dataset", "places")
    run("commit", "orders.csv")

    assert columns("orders")["region"] == ["001", None]
