from __future__ import annotations

import json
from threading import Lock, Thread
from typing import Any

import pyarrow as pa
import pytest
from moto.core.botocore_stubber import BotocoreStubber

from evergreen.aws import datasets as module
from evergreen.aws.clients import client
from evergreen.aws.datasets import CommitResult, Datasets
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.data.keys import branch_key, object_key, sagemaker_key
from evergreen.data.manifest import NewFiles
from evergreen.errors import CommitConflict, DataRefused
from tests.unit.data.conftest import BUCKET, LEDGER


def commit(datasets: Datasets, table: pa.Table, *, mode: NewFiles = "append", day: int = 1) -> CommitResult:
    as_of = f"2013-04-{day:02d}T00:00:00Z"
    return datasets.commit("flights", table, mode=mode, message=f"day {day}", as_of=as_of, source="file.csv")


def other(table: pa.Table, distance: float = 7.0) -> pa.Table:
    return pa.table({"carrier": ["B6"], "distance": [distance]}, schema=table.schema)


def test_a_dataset_has_no_head_before_its_first_commit(datasets: Datasets) -> None:
    assert datasets.head("flights") is None
    assert datasets.log("flights") == []


def test_commits_a_table_as_version_1_0_0(datasets: Datasets, table: pa.Table) -> None:
    result = commit(datasets, table)

    head = datasets.head("flights")
    assert head is not None
    assert result == CommitResult("1.0.0", head.id, rows=2, new_rows=2, unchanged=False)
    assert datasets.read(head).equals(table)


def test_appends_rows_as_another_object(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)

    result = commit(datasets, other(table), day=2)

    head = datasets.head("flights")
    assert head is not None
    assert (result.version, result.rows, result.new_rows) == ("1.0.1", 3, 1)
    assert datasets.read(head, ["carrier"]).to_pydict() == {"carrier": ["AA", "UA", "B6"]}


def test_replaces_all_rows(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)

    result = commit(datasets, other(table), mode="replace", day=2)

    assert (result.version, result.rows) == ("1.0.1", 1)


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_committing_the_same_rows_again_changes_nothing(datasets: Datasets, table: pa.Table, mode: NewFiles) -> None:
    first = commit(datasets, table, mode=mode)

    again = commit(datasets, table, mode=mode, day=2)

    assert again == CommitResult(first.version, first.manifest_id, rows=2, new_rows=0, unchanged=True)
    assert len(datasets.log("flights")) == 1


def test_the_log_lists_versions_newest_first(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)
    commit(datasets, other(table), day=2)

    assert [each.manifest.version for each in datasets.log("flights")] == ["1.0.1", "1.0.0"]
    assert [each.id for each in datasets.log("flights")] == [each.manifest.id for each in datasets.log("flights")]


def test_a_version_has_the_profile_of_all_its_objects(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)
    commit(datasets, other(table), day=2)
    head = datasets.head("flights")
    assert head is not None

    profile = datasets.profile(head)

    distance = profile.column("distance")
    assert profile.rows == 3
    assert distance is not None
    assert (distance.min, distance.max) == (7.0, 250.5)


def test_older_objects_have_nulls_in_newer_columns(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)
    commit(datasets, other(table).append_column("gate", pa.array(["B2"])), day=2)
    head = datasets.head("flights")
    assert head is not None

    assert head.version == "1.1.0"
    assert datasets.read(head)["gate"].to_pylist() == [None, None, "B2"]


def test_jobs_can_read_exactly_the_objects_of_a_version(datasets: Datasets, table: pa.Table) -> None:
    result = commit(datasets, table)

    listing = json.loads(Objects(BUCKET).get(sagemaker_key("flights", result.manifest_id)))

    assert listing[0] == {"prefix": f"s3://{BUCKET}/"}
    assert all(Objects(BUCKET).exists(key) for key in listing[1:])


def test_the_ledger_gets_one_entry_for_each_version(datasets: Datasets, table: pa.Table, ledger: Ledger) -> None:
    commit(datasets, table)
    commit(datasets, other(table), day=2)
    commit(datasets, table, day=3)

    entries = ledger.query("data_version", newest_first=False)

    assert [entry.subject for entry in entries] == ["flights 1.0.0", "flights 1.0.1"]
    assert entries[0].evidence["rows"] == 2


def test_a_rerun_writes_the_ledger_entry_that_a_crash_lost(
    datasets: Datasets, table: pa.Table, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr(ledger, "table", "absent")
        with pytest.raises(Exception, match="appending a data_version entry"):
            commit(datasets, table)
    commit(datasets, other(table), day=2)

    result = commit(datasets, table)

    assert result.unchanged
    assert [entry.subject for entry in ledger.query("data_version")] == ["flights 1.0.1", "flights 1.0.0"]


def test_refused_rows_leave_nothing_behind(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)
    before = list(Objects(BUCKET).list(""))

    with pytest.raises(DataRefused):
        commit(datasets, pa.table({"carrier": ["AA"]}), day=2)

    assert list(Objects(BUCKET).list("")) == before


@pytest.fixture
def atomic_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto checks a condition and writes in two steps, so its requests take turns here."""
    turn, process = Lock(), BotocoreStubber.process_request

    def one_at_a_time(stubber: BotocoreStubber, request: Any) -> Any:
        with turn:
            return process(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", one_at_a_time)


@pytest.mark.usefixtures("atomic_moto")
def test_concurrent_writers_all_get_into_the_history(table: pa.Table, ledger: Ledger) -> None:
    versions: list[str] = []
    for service in ("s3", "dynamodb"):
        client(service)

    def write(number: int) -> None:
        mine = Datasets(BUCKET, Ledger(LEDGER))
        versions.append(commit(mine, other(table, float(number)), day=number + 1).version)

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    log = Datasets(BUCKET).log("flights")
    assert sorted(versions) == sorted(each.manifest.version for each in log)
    assert log[0].manifest.rows == 4


def test_a_writer_that_always_loses_says_so(
    datasets: Datasets, table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(Objects, "swap", lambda *_, **__: False)

    with pytest.raises(CommitConflict, match="other writers moved flights 20 times"):
        commit(datasets, table)


def test_reading_refuses_an_object_that_is_not_what_its_name_says(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)
    head = datasets.head("flights")
    assert head is not None
    Objects(BUCKET).put(object_key(head.objects[0].sha256), b"something else")

    with pytest.raises(DataRefused, match="does not have the content that its name says"):
        datasets.read(head)


def test_the_branch_counts_its_moves(datasets: Datasets, table: pa.Table) -> None:
    commit(datasets, table)
    commit(datasets, other(table), day=2)

    assert json.loads(Objects(BUCKET).get(branch_key("flights")))["sequence"] == 2
