"""A data bucket, a ledger, and a deployed project with a source; EventBridge is played by the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from evergreen.aws.clients import client
from evergreen.aws.datasets import Datasets
from evergreen.aws.ledger import Entry, Ledger
from evergreen.aws.objects import Objects
from tests.lambdas.pipeline.conftest import _create_table
from tests.unit.sources.world import PROJECT, Database

AT = "2013-04-01T00:00:00Z"
HEADER = "id,at,amount,sold\n"


@dataclass(frozen=True)
class Zone:
    """The landing zone of `orders`."""

    data: Objects
    ledger: Ledger

    def drop(self, batch: str, text: str, *, name: str = "orders.csv") -> dict[str, Any]:
        """Files and a marker by hand; the event that S3 sends about the marker."""
        self.data.put(f"landing/orders/{batch}/{name}", (HEADER + text).encode())
        self.data.put(f"landing/orders/{batch}/_SUCCESS", b"")
        return event(f"landing/orders/{batch}/_SUCCESS")

    def ids(self) -> list[Any]:
        datasets = Datasets(self.data)
        head = datasets.head("orders")
        return sorted(int(number) for number in datasets.read(head)["id"].to_pylist()) if head else []

    def entries(self, kind: Any) -> list[Entry]:
        return self.ledger.query(kind)


def event(key: str) -> dict[str, Any]:
    detail = {"bucket": {"name": "data"}, "object": {"key": key}, "reason": "PutObject"}
    return {"source": "aws.s3", "detail-type": "Object Created", "time": AT, "detail": detail}


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    for name, value in {"DATA_BUCKET": "data", "LEDGER_TABLE": "ledger", "DEPLOYMENT": "shop-local"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client("s3").create_bucket(Bucket="data")
        _create_table("ledger")
        yield Zone(Objects("data"), Ledger("ledger"))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "orders.db")


@pytest.fixture
def deployed(deploy_project: Callable[..., Any]) -> Callable[[str], None]:
    """Deploys the project with this source."""
    return lambda source: deploy_project(PROJECT % ("append", source))
