"""A checkout leaves exactly the version's files, and touches nothing that is somebody's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.data.checkout import CheckedOut, checkout
from evergreen.data.checkout_note import OWN, locked
from evergreen.data.directory import Directory
from evergreen.data.keys import file_key
from evergreen.data.names import find
from evergreen.data.versions import Versions
from evergreen.errors import EvergreenError, StoreFailed
from tests.unit.data.stores import Killed, commit_file, numbers, write


class Place:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.versions = Versions(Directory(folder / "store"), profiles=False)

    def commit(self, files: Mapping[str, str]) -> None:
        source = self.folder / f"source{len(self.versions.log('d'))}"
        for name, text in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        commit_file(self.versions, source, whole=True)

    def check_out(self, version: str, *, force: bool = False) -> CheckedOut:
        return checkout(self.versions.store, find(self.versions, "d", version), self.out, force=force)

    @property
    def found(self) -> dict[str, str]:
        """Every file below the folder but what a checkout keeps for itself."""
        paths = [path for path in self.out.rglob("*") if path.is_file()]
        files = {path.relative_to(self.out).as_posix(): path for path in paths}
        return {name: path.read_text() for name, path in files.items() if not name.startswith(OWN)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


OLD = {"a": "1", "deep/er/b": "2", "same": "3", "c": "4"}
NEW = {"a": "one", "same": "3", "deep/b": "2", "c/d": "5"}


@pytest.fixture
def files(place: Place) -> Place:
    place.commit(OLD)
    place.commit(NEW)
    return place


def test_rows_of_another_version_do_not_stay(place: Place) -> None:
    commit_file(place.versions, write(place.folder / "one.parquet", numbers(1)))
    commit_file(place.versions, write(place.folder / "two.parquet", numbers(2)), mode="append")

    for version, rows in (("1.0.1", 1_200), ("1.0.0", 600), ("1.0.1", 1_200)):
        place.check_out(version)
        assert len(pd.read_parquet(place.out)) == rows


def test_another_version_takes_the_place_of_what_nobody_changed(files: Place) -> None:
    files.check_out("1.0.0")
    assert files.found == OLD

    done = files.check_out("head")

    assert (files.found, done.written, done.kept, done.removed) == (NEW, 3, 1, 2)
    assert not (files.out / "deep/er").exists()
    assert files.check_out("head") == CheckedOut(written=0, kept=4, removed=0, others=0, size=0)
    files.check_out("1.0.0")
    assert files.found == OLD


def test_changed_files_are_refused_and_nothing_is_touched(files: Place) -> None:
    files.check_out("1.0.0")
    for name, said in (("deep/er/b", "was changed after it was checked out"), ("a", "holds something else")):
        (files.out / name).write_text("mine")
        before = files.found

        with pytest.raises(EvergreenError, match=f"{name} {said}"):
            files.check_out("head")
        assert files.found == before
        files.check_out("1.0.0", force=True)

    (files.out / "a").write_text("mine")
    (files.out / "deep/er/b").write_text("mine")
    files.check_out("head", force=True)
    assert files.found == NEW


def test_files_that_no_checkout_wrote_are_refused_or_stay(files: Place) -> None:
    files.out.mkdir()
    (files.out / "notes").write_text("mine")

    with pytest.raises(EvergreenError, match=r"notes is no file of d 1\.0\.0, and no checkout wrote it"):
        files.check_out("1.0.0")
    assert [path.name for path in files.out.iterdir()] == ["notes"]
    assert files.check_out("1.0.0", force=True).others == 1
    assert files.found == {**OLD, "notes": "mine"}


def test_a_folder_in_the_place_of_a_file_is_never_overwritten(files: Place) -> None:
    files.out.mkdir()
    (files.out / "a").mkdir()
    (files.out / "a/mine").write_text("mine")
    with pytest.raises(EvergreenError, match="a is a folder where the version has a file"):
        files.check_out("1.0.0", force=True)
    (files.out / "a/mine").unlink()
    (files.out / "deep").write_text("mine")

    with pytest.raises(EvergreenError, match="deep is a file where the version has a folder"):
        files.check_out("1.0.0", force=True)

    assert files.found == {"deep": "mine"}


def test_a_damaged_object_replaces_nothing(files: Place) -> None:
    files.check_out("1.0.0")
    damaged = {item.path: item.sha256 for item in find(files.versions, "d").files}["c/d"]
    (files.folder / "store" / file_key(damaged)).write_text("?")

    with pytest.raises(StoreFailed, match="does not have the content that its name says"):
        files.check_out("head", force=True)

    assert files.found == OLD
    assert [path.name for path in (files.out / OWN).iterdir()] == ["d.json"]


@pytest.mark.parametrize("survived", range(4))
@pytest.mark.parametrize("version", ["1.0.0", "head"])
def test_a_checkout_that_dies_is_completed_by_any_other(
    version: str, survived: int, files: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.check_out("1.0.0")
    replace, left = Path.replace, [survived]

    def dying(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying)
        patch.setattr("evergreen.data.checkout.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            files.check_out("head")

    files.check_out(version)
    assert files.found == {"1.0.0": OLD, "head": NEW}[version]
    assert [path.name for path in (files.out / OWN).iterdir() if path.suffix != ".new"] == ["d.json"]


def test_a_long_name_is_no_longer_while_it_is_written(place: Place) -> None:
    place.commit({"n" * 255: "long"})
    place.check_out("head")
    assert place.found == {"n" * 255: "long"}


def test_one_checkout_at_a_time_writes_into_a_folder(files: Place) -> None:
    with locked(files.out), pytest.raises(EvergreenError, match="another checkout writes into"):
        files.check_out("head")


def test_a_link_out_of_the_folder_is_named(files: Place) -> None:
    files.out.mkdir()
    (files.folder / "elsewhere").mkdir()
    (files.out / "deep").symlink_to(files.folder / "elsewhere")
    with pytest.raises(EvergreenError, match=r"deep/er/b: a link leads out of .*out; remove the link"):
        files.check_out("1.0.0")


def test_links_that_lead_nowhere_are_named_and_stay(files: Place) -> None:
    files.out.mkdir()
    (files.out / "a").symlink_to("a")
    with pytest.raises(EvergreenError, match="out/a: Too many levels of symbolic links"):
        files.check_out("1.0.0")
    (files.out / "a").unlink()
    (files.out / "a").symlink_to("nothing")
    with pytest.raises(EvergreenError, match="a holds something else"):
        files.check_out("1.0.0")
    (files.out / "deep").symlink_to("nothing")
    with pytest.raises(EvergreenError, match="deep is a file where the version has a folder"):
        files.check_out("1.0.0", force=True)

    assert sorted(path.name for path in files.out.iterdir()) == ["a", "deep"]


def test_a_folder_that_is_a_link_to_itself_is_named(files: Place) -> None:
    files.out.symlink_to(files.out)
    with pytest.raises(StoreFailed, match=r"writing .*out: File exists"):
        files.check_out("1.0.0")


def test_says_how_to_read_parts_that_differ_in_their_columns(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.folder)
    commit_file(place.versions, write(place.folder / "one.parquet", pa.table({"a": [1, 2]})))
    plain = CliRunner().invoke(app, ["checkout", "head", "out", "--store", "store"]).output
    commit_file(place.versions, write(place.folder / "two.parquet", pa.table({"a": [5.5], "b": ["x"]})), mode="append")

    told = CliRunner().invoke(app, ["checkout", "head", "out", "--store", "store"]).output

    assert "pandas.concat" not in plain
    assert "Its parts differ in their columns: pandas.concat(map(pandas.read_parquet, files))" in told
    rows = pd.concat(map(pd.read_parquet, sorted(place.out.glob("*.parquet"))))
    assert rows["a"].tolist() == [1.0, 2.0, 5.5]
    assert rows["b"].tolist()[-1] == "x"
    schemas = map(pq.read_schema, place.out.glob("*.parquet"))
    whole = ds.dataset(place.out, schema=pa.unify_schemas(schemas, promote_options="permissive"))
    assert whole.to_table().to_pydict() == {"a": [1.0, 2.0, 5.5], "b": [None, None, "x"]}
