"""Versions as Iceberg tables in a SQLite catalog: pyiceberg reads back what was committed, from the same files."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.data.collection import collect
from evergreen.data.directory import Directory
from evergreen.data.keys import branch_key, object_key
from evergreen.data.names import tag
from evergreen.data.publishing import publications
from evergreen.data.versions import Versions
from evergreen.errors import CommitConflict, DataRefused, EvergreenError
from tests.unit.data.stores import Killed, commit_parts, numbers

PARTS = [numbers(seed, 40) for seed in range(4)]
OTHER = numbers(9, 30)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """In a folder whose name is no easy URL."""
    monkeypatch.delenv("EVERGREEN_PROJECT", raising=False)
    folder = tmp_path / "50 % of # it"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Directory(folder / "store")


@pytest.fixture
def versions(store: Directory) -> Versions:
    return Versions(store, profiles=False)


def publish(*arguments: str) -> dict[str, Any]:
    asked = ["publish", "--iceberg", "sqlite:///c.db", "--store", "store", "--json", *arguments]
    result = CliRunner().invoke(app, asked)
    if result.exception:
        raise result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def table(name: str = "d.d") -> Table:
    """The table as any reader opens it: by the catalog alone."""
    catalog = SqlCatalog("evergreen", uri=f"sqlite:///{Path('c.db').resolve()}")
    try:
        return catalog.load_table(name)
    finally:
        catalog.close()


def rows(found: pa.Table, *names: str) -> list[dict[str, Any]]:
    """Rows in an order of their own: Iceberg promises none."""
    chosen = found.select(list(names) or sorted(found.column_names))
    return sorted(chosen.to_pylist(), key=lambda row: str(sorted(row.items(), key=str)))


def hashes(store: Directory) -> dict[str, str]:
    return {entry.key: sha256(store.get(entry.key)).hexdigest() for entry in store.entries("objects/")}


def test_a_published_version_has_its_rows_and_no_file_was_touched(versions: Versions, store: Directory) -> None:
    manifest = commit_parts(versions, PARTS)
    before = hashes(store)

    done = publish()

    found = table()
    assert (done["added"], done["removed"], done["tag"]) == (4, 0, "v1.0.0")
    assert rows(found.scan().to_arrow()) == rows(versions.read(manifest))
    paths = {task.file.file_path for task in found.scan().plan_files()}
    assert paths == {str((store.root / object_key(item.sha256)).resolve()) for item in manifest.objects}
    assert hashes(store) == before
    assert [path.suffix for path in Path("c-warehouse").rglob("*.parquet")] == []
    assert found.properties["gc.enabled"] == "false"
    raw = ds.dataset(sorted(paths), format="parquet").to_table()
    assert rows(raw) == rows(versions.read(manifest))


def test_published_again_it_changes_nothing(versions: Versions) -> None:
    manifest = commit_parts(versions, PARTS)
    first = publish()

    again = publish("--version", manifest.id[:12])

    assert again["unchanged"]
    assert again["snapshot"] == first["snapshot"]
    assert len(table().snapshots()) == 1


def test_an_append_adds_its_files_only(versions: Versions) -> None:
    commit_parts(versions, PARTS[:3])
    publish()
    commit_parts(versions, PARTS)

    done = publish()

    summary = table().current_snapshot().summary
    assert (done["added"], done["removed"], done["files"]) == (1, 0, 4)
    assert summary.operation.value == "append"
    assert (summary["evergreen.version"], summary["evergreen.manifest"]) == (done["version"], done["id"])
    assert table().scan().to_arrow().num_rows == 160


def test_a_replacement_is_one_snapshot_and_earlier_versions_are_still_read(versions: Versions) -> None:
    first = commit_parts(versions, PARTS)
    publish()
    second = commit_parts(versions, [*PARTS[:2], OTHER])

    done = publish()

    found = table()
    assert (done["added"], done["removed"]) == (1, 2)
    assert len(found.snapshots()) == len(list(Path("c-warehouse").rglob("*.metadata.json"))) == 2  # one commit each
    assert rows(found.scan().to_arrow()) == rows(versions.read(second))
    earlier = found.scan(snapshot_id=found.snapshot_by_name("v1.0.0").snapshot_id)
    assert rows(earlier.to_arrow()) == rows(versions.read(first))


def test_versions_in_between_need_not_be_published_and_older_ones_do_not_come_back(versions: Versions) -> None:
    commit_parts(versions, PARTS[:1])
    publish()
    commit_parts(versions, PARTS[:2])
    commit_parts(versions, PARTS[:3])
    publish()

    assert publish("--version", "1.0.0")["unchanged"]
    with pytest.raises(DataRefused, match=r"d\.d shows the version .* not in the history of d 1\.0\.1"):
        publish("--version", "1.0.1")
    assert table().scan().to_arrow().num_rows == 120


def test_new_columns_are_added_and_gone_ones_removed(versions: Versions) -> None:
    first = commit_parts(versions, PARTS[:2])
    publish()
    wider = PARTS[2].append_column("a new.one", pa.array([f"v{row}" for row in range(40)]))
    second = commit_parts(versions, [*PARTS[:2], wider])
    publish()
    commit_parts(versions, [part.select(["x"]) for part in PARTS])
    third = publish()

    found = table()
    assert third["version"] == "2.0.0"
    assert found.schema().column_names == ["x"]
    for name, manifest in (("v1.0.0", first), ("v1.1.0", second)):
        scan = found.scan(snapshot_id=found.snapshot_by_name(name).snapshot_id)
        assert rows(scan.to_arrow()) == rows(versions.read(manifest))


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (pa.null(), "declare its type"),
        (pa.uint64(), "no unsigned integers: store int64"),
        (pa.dictionary(pa.int32(), pa.string()), "store the values"),
        (pa.decimal256(50, 2), "store decimal128"),
        (pa.timestamp("ns"), "microseconds"),
        (pa.list_(pa.int64()), "flatten it"),
        (pa.duration("us"), "store another"),
    ],
)
def test_what_iceberg_has_not_is_refused_by_name(versions: Versions, kind: pa.DataType, advice: str) -> None:
    commit_parts(versions, [pa.table({"x": [1.0], "odd": pa.nulls(1, kind)})])

    with pytest.raises(DataRefused, match=f"column odd holds .* in .*parquet; .*{advice}"):
        publish()

    assert list(publications(versions.store, "d")) == []
    with pytest.raises(Exception, match="does not exist"):
        table()


@pytest.mark.parametrize(
    "kind", [pa.int32(), pa.float32(), pa.large_string(), pa.binary(), pa.date32(), pa.time64("us")]
)
def test_other_types_that_iceberg_has_are_read_back(versions: Versions, kind: pa.DataType) -> None:
    text = pa.types.is_large_string(kind) or pa.types.is_binary(kind)
    column = pa.array([b"a", None], pa.binary()).cast(kind) if text else pa.array([1, None], pa.int32())
    column = column.cast(pa.int64()).cast(kind) if pa.types.is_time64(kind) else column.cast(kind)
    manifest = commit_parts(versions, [pa.table({"odd": column})])

    publish()

    assert rows(table().scan().to_arrow()) == rows(versions.read(manifest))


def test_a_column_that_iceberg_would_misread_is_refused_with_another_table_as_the_way_out(versions: Versions) -> None:
    commit_parts(versions, PARTS[:1])
    publish()
    commit_parts(versions, [pa.table({"x": ["text"], "k": [1]})])
    with pytest.raises(DataRefused, match=r"column x is string in .* and double in d\.d.*--table"):
        publish()
    assert publish("--table", "d.d2")["added"] == 1

    commit_parts(versions, [PARTS[0].select(["k"])])
    publish()
    commit_parts(versions, PARTS[:1])
    with pytest.raises(DataRefused, match=r"column x was in d\.d before and is back"):
        publish()
    commit_parts(versions, [pa.table({"k": [1], "K": [2]})])
    with pytest.raises(DataRefused, match="columns k and K differ only in case"):
        publish()


def test_a_table_that_somebody_else_wrote_to_is_refused(versions: Versions) -> None:
    commit_parts(versions, PARTS[:1])
    publish()
    table().append(PARTS[3])
    commit_parts(versions, PARTS[:2])

    with pytest.raises(DataRefused, match="is no published version: somebody else wrote"):
        publish()


def test_a_lost_race_is_planned_anew(versions: Versions, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_parts(versions, PARTS[:1])
    publish()
    commit_parts(versions, PARTS[:2])
    commit = SqlCatalog.commit_table
    raced: list[Any] = []

    def second(self: SqlCatalog, *given: Any) -> Any:
        """Somebody else publishes the same version just before."""
        if not raced:
            raced.append(None)
            raced.append(publish())
        return commit(self, *given)

    monkeypatch.setattr(SqlCatalog, "commit_table", second)

    done = publish()

    assert done["unchanged"]
    assert raced[1]["snapshot"] == done["snapshot"]
    assert table().scan().to_arrow().num_rows == 80


def test_who_loses_every_race_is_told(versions: Versions, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_parts(versions, PARTS[:1])

    def refuse(*_: Any) -> None:
        raise CommitFailedException("changed")

    monkeypatch.setattr(SqlCatalog, "commit_table", refuse)

    with pytest.raises(CommitConflict, match="publish again"):
        publish()


def test_a_collection_keeps_what_a_published_table_still_refers_to(versions: Versions, store: Directory) -> None:
    manifest = commit_parts(versions, PARTS)
    tag(versions, "d", "kept", manifest)
    publish()
    store.delete([branch_key("d"), "datasets/d/tags/kept.json"])

    collect(store, grace=0)

    assert table().scan().to_arrow().num_rows == 160
    (kept,) = publications(store, "d")
    assert (kept.table, kept.manifests) == ("d.d", (manifest.id,))
    store.delete([entry.key for entry in store.entries("datasets/d/published/")])
    for entry in store.entries("datasets/"):
        os.utime(store.uri(entry.key), (0, 0))
    assert len(collect(store, grace=0).keys) == 5  # four objects and the manifest


def die(*_: Any) -> None:
    raise Killed


def test_a_death_before_the_catalog_hears_of_it_leaves_the_table_as_it_was(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_parts(versions, PARTS[:1])
    publish()
    commit_parts(versions, PARTS[1:])
    with monkeypatch.context() as dying:
        dying.setattr(SqlCatalog, "commit_table", die)
        with pytest.raises(Killed):
            publish()

    assert rows(table().scan().to_arrow()) == rows(PARTS[0])
    assert publish()["removed"] == 1
    assert table().scan().to_arrow().num_rows == 120


def test_bad_names_are_refused(versions: Versions) -> None:
    commit_parts(versions, PARTS[:1])
    with pytest.raises(EvergreenError, match="'postgres' is no catalog"):
        CliRunner().invoke(app, ["publish", "--iceberg", "postgres", "--store", "store"], catch_exceptions=False)
    with pytest.raises(EvergreenError, match="Glue's readers need S3"):
        CliRunner().invoke(app, ["publish", "--iceberg", "glue", "--store", "store"], catch_exceptions=False)
    with pytest.raises(EvergreenError, match=r"the folder .* does not exist"):
        CliRunner().invoke(
            app, ["publish", "--iceberg", "sqlite:///no/c.db", "--store", "store"], catch_exceptions=False
        )
    with pytest.raises(EvergreenError, match=r"is not NAMESPACE\.TABLE"):
        publish("--table", "d")
