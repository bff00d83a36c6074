"""Committing through the embedded S3: many writers lose nothing, and a killed one leaves nothing half done."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evergreen.aws.datasets import CommitResult, Datasets
from evergreen.aws.deployment import Deployment, find_deployment
from evergreen.aws.ledger import Ledger
from local.cloud import ROOT, LocalCloud

WRITERS, COMMITS = 4, 3
PROJECT = "project: shop\ntarget: sold\ndata: {dataset: %s, rules: {min_rows: 1}}\n"
STORAGE = {
    "Resources": {
        "Data": {"Type": "AWS::S3::Bucket"},
        "Ledger": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            },
        },
    },
    "Outputs": {"DataBucket": {"Value": {"Ref": "Data"}}, "LedgerTable": {"Value": {"Ref": "Ledger"}}},
}


@dataclass(frozen=True)
class Store:
    """Where datasets are kept; as a value, so that it can be sent to other processes."""

    bucket: str
    table: str

    @property
    def datasets(self) -> Datasets:
        return Datasets(self.bucket, Ledger(self.table))

    def commit(self, dataset: str, table: pa.Table, *, as_of: str = "2013-04-01T00:00:00Z") -> CommitResult:
        return self.datasets.commit(dataset, table, mode="append", message="", as_of=as_of)

    def recorded(self, dataset: str) -> list[str]:
        """The versions of a dataset that the ledger knows."""
        entries = [entry.evidence for entry in Ledger(self.table).query("data_version")]
        return sorted(evidence["version"] for evidence in entries if evidence["dataset"] == dataset)


@pytest.fixture(scope="module")
def storage(cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A storage stack of stage prod, as far as commits need one."""
    formation = cloud.client("cloudformation")
    formation.create_stack(StackName="shop-prod-storage", TemplateBody=json.dumps(STORAGE))
    formation.get_waiter("stack_create_complete").wait(StackName="shop-prod-storage", WaiterConfig={"Delay": 0.1})
    yield cloud
    formation.delete_stack(StackName="shop-prod-storage")


@pytest.fixture
def store(aws_environment: None, storage: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in storage.env.items():
        monkeypatch.setenv(name, value)
    deployment: Deployment = find_deployment("shop", "prod")
    return Store(deployment["DataBucket"], deployment["LedgerTable"])


def sales(number: int) -> pa.Table:
    """Three rows that no other number has."""
    return pa.table({"item": [number * 3, number * 3 + 1, number * 3 + 2], "sold": [True, False, True]})


def commit_some(store: Store, writer: int) -> list[CommitResult]:
    return [store.commit("shared", sales(writer * COMMITS + number)) for number in range(COMMITS)]


def test_every_acknowledged_commit_of_many_writers_has_its_own_place_in_the_history(store: Store) -> None:
    with ProcessPoolExecutor(WRITERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        done = [result for some in pool.map(commit_some, [store] * WRITERS, range(WRITERS)) for result in some]

    history = store.datasets.log("shared")
    head = history[0].manifest
    items = store.datasets.read(head)["item"].to_pylist()
    assert {result.manifest_id for result in done} == {each.id for each in history}
    assert len({each.manifest.parent for each in history}) == len(history) == WRITERS * COMMITS
    assert store.recorded("shared") == sorted(each.manifest.version for each in history)
    assert sorted(items) == list(range(WRITERS * COMMITS * 3))


@pytest.mark.parametrize(
    ("moment", "call", "version"),
    [
        ("before", "PutObject objects/", "1.0.0"),
        ("after", "PutObject objects/", "1.0.0"),
        ("after", "PutObject manifests/", "1.0.0"),
        ("before", "PutObject branches/", "1.0.0"),
        ("after", "PutObject branches/", "1.0.1"),
        ("after", "PutItem", "1.0.1"),
    ],
)
def test_a_killed_commit_has_happened_or_not_and_the_next_one_works(
    store: Store, tmp_path: Path, moment: str, call: str, version: str
) -> None:
    dataset = f"{moment}-{call.lower().translate(str.maketrans(' /', '--'))}x"
    (tmp_path / "project.yaml").write_text(PROJECT % dataset)
    new = sum(map(ord, moment + call))  # rows that no other commit has stored: an object is written once
    pq.write_table(sales(new), tmp_path / "sales.parquet")
    store.commit(dataset, sales(0))
    command = ["data", "commit", "sales.parquet", "--project", "project.yaml", "--stage", "prod"]

    ended = subprocess.run(
        [sys.executable, "-m", "tests.local.dying", moment, call, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )

    head = store.datasets.head(dataset)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert head is not None
    assert head.version == version
    assert store.datasets.read(head).num_rows == head.rows == (6 if version == "1.0.1" else 3)
    assert store.commit(dataset, sales(new)).unchanged == (version == "1.0.1")
    assert store.commit(dataset, sales(new + 1)).version == "1.0.2"
    assert store.recorded(dataset) == ["1.0.0", "1.0.1", "1.0.2"]
