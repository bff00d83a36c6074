"""`evergreen data` on a directory store: no cloud, no project needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.data.directory import Directory
from evergreen.data.keys import object_key
from evergreen.data.versions import Versions
from evergreen.errors import EvergreenError, RulesBroken
from tests.unit.data.stores import numbers, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVERGREEN_PROJECT", raising=False)
    write(tmp_path / "one.parquet", numbers(1))
    write(tmp_path / "two.parquet", pa.concat_tables([numbers(1), numbers(2, 50)]))
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*arguments, "--store", "store"])
    if isinstance(result.exception, EvergreenError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def answer(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_commits_a_file_and_says_what_is_new(folder: Path) -> None:
    assert "d 1.0.0: 600 rows" in run("commit", "one.parquet", "--dataset", "d")
    assert "d 1.0.0: unchanged" in run("commit", "one.parquet")
    assert answer("commit", "two.parquet")["version"] == "1.0.1"


def test_added_files_wait_for_a_commit(folder: Path) -> None:
    write(folder / "three.parquet", numbers(3, 40))
    run("add", "one.parquet", "--dataset", "d", "--append")
    run("add", "three.parquet", "--dataset", "d", "--append")
    (folder / "one.parquet").unlink()

    result = answer("commit", "--dataset", "d", "--append")

    assert (result["version"], result["rows"]) == ("1.0.0", 640)
    with pytest.raises(EvergreenError, match="nothing was added"):
        run("commit", "--dataset", "d")


def test_says_which_files_of_a_folder_are_left_out(folder: Path) -> None:
    (folder / "photos").mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "_e.jpg", "_SUCCESS", ".hidden"):
        (folder / "photos" / name).write_text(name)
    (folder / "photos/labels.csv").write_text("file,label\na.jpg,1\n")

    assert answer("commit", "photos", "--dataset", "p")["warnings"] == [
        "left out: a.jpg, b.jpg, c.jpg and 1 more "
        "(a folder with tables is committed as their rows, --files stores every file as it is)",
        "left out: _e.jpg (a name that begins with _ is no data, rename what is)",
    ]
    assert "warning: left out: a.jpg, b.jpg" in run("add", "photos", "--dataset", "p")
    assert answer("commit", "photos", "--dataset", "q", "--files")["warnings"] == [
        "left out: _e.jpg (a name that begins with _ is no data, rename what is)"
    ]
    assert answer("commit", "one.parquet", "--dataset", "p")["warnings"] == []


def test_a_version_can_be_raised_and_never_lowered(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    assert answer("commit", "two.parquet", "--bump", "minor")["version"] == "1.1.0"
    write(folder / "renamed.parquet", numbers(1).rename_columns(["y", "k"]))
    assert answer("commit", "renamed.parquet", "--bump", "patch")["version"] == "2.0.0"
    with pytest.raises(EvergreenError, match="'huge' is none of"):
        run("commit", "one.parquet", "--bump", "huge")


def test_shows_what_changed_with_the_drift_of_each_column(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    write(folder / "wider.parquet", numbers(1).append_column("z", numbers(1)["x"]))
    run("commit", "two.parquet")
    run("commit", "wider.parquet")

    rows = answer("diff", "1.0.0", "1.0.1")
    schema = answer("diff", "1.0.1")

    assert rows["rows"] == 50 == rows["rows_added"] - rows["rows_removed"]
    assert {each["column"] for each in rows["drift"]} == {"x", "k"}
    assert schema["columns"] == [{"column": "z", "change": "added", "before": None, "after": "double"}]
    assert "hold the same" in run("diff", "head", "head")


def test_checks_out_rows_and_files(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    run("checkout", "1.0.0", "out")
    assert pq.read_table(folder / "out").num_rows == 600
    assert answer("checkout", "1.0.0", "out")["written"] == 0

    (folder / "files/deep").mkdir(parents=True)
    (folder / "files/deep/notes.txt").write_text("one")
    run("commit", "files", "--dataset", "notes")
    (folder / "files/deep/notes.txt").write_text("two")

    assert answer("commit", "files", "--dataset", "notes")["version"] == "1.0.1"
    with pytest.raises(EvergreenError, match="holds something else"):
        run("checkout", "1.0.0", "files", "--dataset", "notes")
    run("checkout", "1.0.0", "files", "--dataset", "notes", "--force")
    assert (folder / "files/deep/notes.txt").read_text() == "one"
    assert answer("diff", "1.0.0", "--dataset", "notes")["files_changed"] == ["deep/notes.txt"]


def test_names_and_messages_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "files").mkdir()
    for name, parent in (("\udcff.csv", folder), ("\udcfe.txt", folder / "files")):
        (parent / name).write_text("a\n1\n")

    with pytest.raises(EvergreenError, match=r"^\\xff\.csv: the file's name is not UTF-8 text; rename it"):
        run("commit", "\udcff.csv", "--dataset", "d")
    with pytest.raises(EvergreenError, match=r"^\\xfe\.txt: the file's name"):
        run("commit", "files", "--dataset", "d")
    with pytest.raises(EvergreenError, match="--message: is not UTF-8 text"):
        run("commit", "one.parquet", "--dataset", "d", "-m", "\udcff")
    assert not (folder / "store").exists()


def test_prints_no_commands_for_the_terminal(folder: Path) -> None:
    (folder / "files").mkdir()
    (folder / "files/a\x1b[31m\nb").write_text("red")
    run("commit", "files", "--dataset", "d", "-m", "one\x1b[2J\ntwo")

    for shown in (run("show"), run("log")):
        assert "\x1b" not in shown
    assert "a\\x1b[31m\\nb" in run("show")
    assert answer("log")[0]["message"] == "one\x1b[2J\ntwo"


def test_tags_name_versions_and_never_move(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    run("tag", "audited")
    run("commit", "two.parquet")

    assert answer("show", "audited")["version"] == "1.0.0"
    assert answer("tag") == [{"tag": "audited", "version": "1.0.0", "id": answer("show", "audited")["id"]}]
    assert answer("log")[1]["tags"] == ["audited"]
    with pytest.raises(EvergreenError, match=r"is the tag of d 1\.0\.0 already"):
        run("tag", "audited")
    for name, said in {"../head": "write letters", "HEAD": "the newest version", "decade": "as in q1-decade"}.items():
        with pytest.raises(EvergreenError, match=f"cannot be a tag.*{said}"):
            run("tag", name)
    run("tag", "audited", "--delete")
    with pytest.raises(EvergreenError, match="no version, tag or id 'audited'"):
        run("show", "audited")


def test_verification_names_what_is_damaged(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    write(folder / "more.parquet", numbers(5))
    run("commit", "more.parquet", "--append")
    assert "all as committed" in run("verify")
    head = Versions(Directory(folder / "store")).head("d")
    assert head is not None
    lost, changed = (object_key(item.sha256) for item in head.objects[:2])
    (folder / "store" / lost).unlink()
    path = folder / "store" / changed
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    result = CliRunner().invoke(app, ["verify", "--store", "store", "--json"])

    found = {each["key"]: each for each in json.loads(result.output)["damages"]}
    assert result.exit_code == 1
    assert found[lost]["problem"] == "is not there"
    assert found[changed]["problem"] == "has other content"
    assert found[changed]["versions"] == ["d 1.0.1"]


def test_verification_covers_every_dataset_and_passes_over_none(folder: Path) -> None:
    with pytest.raises(
        EvergreenError, match=r"nothing to verify: store/datasets/\*/branches/main\.json does not exist"
    ):
        run("verify")
    run("commit", "one.parquet", "--dataset", "d")
    run("commit", "two.parquet", "--dataset", "e")

    assert answer("verify")["versions"] == 2
    assert answer("verify", "--dataset", "e")["versions"] == 1
    with pytest.raises(EvergreenError, match=r"nothing to verify: store/datasets/typo/branches/main\.json does not"):
        run("verify", "--dataset", "typo")
    (folder / "store/datasets/e/branches/main.json").unlink()
    assert answer("verify")["headless"] == ["e"]
    assert "e has no version, only manifests" in run("verify")
    with pytest.raises(EvergreenError, match="nothing to verify"):
        run("verify", "--dataset", "e")
    with pytest.raises(EvergreenError, match=r"one\.parquet/datasets: Not a directory"):
        CliRunner().invoke(app, ["verify", "--store", "one.parquet"], catch_exceptions=False)


def test_a_collection_is_of_all_datasets(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    run("commit", "two.parquet", "--dataset", "e")

    assert answer("gc", "--dry-run")["keys"] == answer("gc")["keys"] == []


def test_garbage_is_told_before_it_goes(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    run("add", "two.parquet", "--dataset", "d")

    told, taken = answer("gc", "--dry-run", "--grace", "0"), answer("gc", "--grace", "0")

    assert sorted(told["keys"]) == sorted(taken["keys"]) != []
    assert "all as committed" in run("verify")


def test_a_pull_copies_what_is_missing(folder: Path) -> None:
    run("commit", "one.parquet", "--dataset", "d")
    run("tag", "first")
    assert answer("pull", "--into", "copy")["versions"] == 1
    run("commit", "two.parquet")

    again = answer("pull", "--into", "copy")

    copy = Versions(Directory(folder / "copy"))
    head = copy.head("d")
    assert head is not None
    assert (head.version, again["versions"]) == ("1.0.1", 2)
    assert copy.read(head).num_rows == 650
    assert answer("pull", "--into", "copy")["objects"] == 0


def test_types_come_from_the_project_of_the_folder(folder: Path) -> None:
    (folder / "project.yaml").write_text("project: p\ntarget: y\ndata: {dataset: d, columns: {c: {type: category}}}\n")
    (folder / "data.csv").write_text("y,c\n1,007\n0,008\n")

    run("commit", "data.csv")

    head = Versions(Directory(folder / "store")).head("d")
    assert head is not None
    assert [column.type for column in head.columns] == ["int64", "string"]


def test_a_store_without_a_name_asks_for_one(folder: Path) -> None:
    with pytest.raises(EvergreenError, match="name a dataset with --dataset"):
        run("commit", "one.parquet")
    with pytest.raises(EvergreenError, match="cannot name a dataset"):
        run("commit", "one.parquet", "--dataset", "../d")
    with pytest.raises(EvergreenError, match="has no version yet"):
        run("show", "--dataset", "d")


JOINING = """\
project: flights
target: late
data:
  dataset: flights
  time: at
  columns:
    origin: {type: category}
    temp: {type: number}
  join: [{dataset: weather, on: [origin], columns: [temp], as_of: seen}]
"""


def test_commits_rows_with_columns_of_another_dataset(folder: Path) -> None:
    (folder / "project.yaml").write_text(JOINING)
    (folder / "flights.csv").write_text("at,origin,late\n2013-01-01T05:00:00Z,JFK,1\n2013-01-01T09:00:00Z,JFK,0\n")
    (folder / "weather.csv").write_text("origin,seen,temp\nJFK,2013-01-01T06:00:00Z,39.02\n")

    with pytest.raises(EvergreenError, match="evergreen data commit FILE --dataset weather"):
        run("commit", "flights.csv")
    run("commit", "weather.csv", "--dataset", "weather")
    run("add", "flights.csv", "--dataset", "flights")
    run("commit", "--dataset", "flights")

    shown = answer("show", "--dataset", "flights")
    assert shown["source"]["joined"][0]["version"] == "1.0.0"
    run("checkout", "head", "out", "--dataset", "flights")
    assert pq.read_table(folder / "out")["temp"].to_pylist() == [None, 39.02]
    run("gc", "--grace", "0")
    run("verify")


def test_a_folder_that_holds_the_store_is_no_data(folder: Path) -> None:
    for command in ("commit", "land"):
        with pytest.raises(EvergreenError, match=r"holds the store .*store, whose objects are no data"):
            run(command, ".", "--dataset", "d")

    (folder / "data").mkdir()
    (folder / "one.parquet").rename(folder / "data/one.parquet")
    assert "d 1.0.0: 600 rows" in run("commit", "data", "--dataset", "d")


@pytest.mark.parametrize("source", ["one.parquet", "data"])
def test_a_store_that_is_a_link_to_itself_is_named(folder: Path, source: str) -> None:
    (folder / "data").mkdir()
    (folder / "store").symlink_to("store")

    with pytest.raises(EvergreenError, match=r"reading store/datasets/d/branches/main\.json: Too many levels"):
        run("commit", source, "--dataset", "d")


def test_additions_are_judged_together_and_beside_what_is_there(folder: Path) -> None:
    rules = "{dataset: d, columns: {k: {type: number}}, rules: {min_rows: 1, unique: [k]}}"
    (folder / "project.yaml").write_text(f"project: p\ntarget: y\ndata: {rules}\n")
    for name, keys in (("a", [1, 2]), ("b", [2, 3]), ("c", [4, 5]), ("d", [1, 9])):
        (folder / f"{name}.csv").write_text("k,y\n" + "".join(f"{key},yes\n" for key in keys))
    run("add", "a.csv")
    run("add", "b.csv")

    with pytest.raises(RulesBroken, match=r"a\.csv \+ b\.csv is refused: .* 2 of 4 rows whose value occurs again"):
        run("commit", "--report", "broken.html")
    (folder / "b.csv").write_text("k,y\n3,yes\n")
    run("add", "b.csv")
    assert answer("commit")["rows"] == 3

    run("add", "d.csv", "--replace")
    run("add", "c.csv", "--replace")
    with pytest.raises(RulesBroken, match="1 of them in the dataset already"):
        run("commit", "--append")

    assert (folder / "broken.html").exists()
    assert answer("commit", "--replace")["rows"] == 4


def test_what_was_added_to_a_store_is_committed_by_any_of_its_paths(folder: Path) -> None:
    run("add", "one.parquet", "--dataset", "d")

    result = CliRunner().invoke(app, ["commit", "--dataset", "d", "--store", str(folder / "store")])

    assert "d 1.0.0: 600 rows" in result.output


def test_a_store_that_is_not_there_is_not_made_by_collecting_it(folder: Path) -> None:
    with pytest.raises(EvergreenError, match="store: there is no such directory"):
        run("gc")

    assert not (folder / "store").exists()
