"""A project, a data bucket and a ledger, all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.datasets import Datasets
from evergreen.aws.ledger import Ledger
from evergreen.project.reader import parse_project
from evergreen.project.schema import Project

BUCKET = "data"
LEDGER = "ledger"

FLIGHTS = """\
project: flights
target: {name: late, from: arr_delay > 15}
data:
  dataset: flights
  time: departure
  columns:
    departure: {type: timestamp}
    carrier: {type: category}
    distance: {type: number}
    arr_delay: {type: number, available: after_outcome}
"""


@pytest.fixture
def project() -> Project:
    return parse_project(FLIGHTS)


@pytest.fixture
def table() -> pa.Table:
    return pa.table({"carrier": ["AA", "UA"], "distance": [100.0, 250.5]})


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with mock_aws():
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        client("dynamodb").create_table(
            TableName=LEDGER,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        )
        client("s3").create_bucket(Bucket=BUCKET)
        yield Ledger(LEDGER)


@pytest.fixture
def datasets(ledger: Ledger) -> Datasets:
    return Datasets(BUCKET, ledger)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "january.csv"
    path.write_text(
        "departure,carrier,distance,arr_delay\n"
        "2013-01-01T05:00:00Z,AA,100,20\n"
        "2013-01-01 06:00,007,250,-3\n"
        "2013-01-02,UA,,\n"
    )
    return path
