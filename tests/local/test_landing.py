"""The landing zone in the embedded cloud: markers arrive in S3, EventBridge calls, versions appear; or a quarantine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evergreen.aws.clients import client
from evergreen.aws.datasets import Datasets
from evergreen.cli.main import app
from evergreen.cli.session import HOME, Session, open_deployed
from evergreen.project.reader import read_project
from local.cloud import LocalCloud
from local.session import start, stop
from tests.local.processes import mentioning, until, wait_until_gone

PROJECT = """\
project: shop
target: sold
data:
  dataset: orders
  columns: {id: {type: id}, at: {type: timestamp}, sold: {type: boolean}}
  source:
    sql:
      url: sqlite:///%s
      query: select * from orders where at >= :watermark order by at
      watermark: at
      first: 2013-01-01
    every: 30d
"""
AS_OF = "2013-04-01T00:00:00Z"


@dataclass(frozen=True)
class Shop:
    """A deployed project with a source."""

    session: Session
    database: Path

    def drop(self, batch: str, *rows: str) -> None:
        """What `aws s3 cp` does, the marker last."""
        self.session.data.put(f"landing/orders/{batch}/orders.csv", ("id,at,sold\n" + "\n".join(rows)).encode())
        self.close(batch)

    def close(self, batch: str) -> None:
        self.session.data.put(f"landing/orders/{batch}/_SUCCESS", b"")

    def fetch(self) -> dict[str, Any]:
        """What the schedule calls."""
        name = f"{self.session.deployment.name}-fetch_batch"
        answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps({"as_of": AS_OF}).encode())
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    def buy(self, *rows: tuple[int, str]) -> None:
        connection = sqlite3.connect(self.database)
        with connection:
            connection.execute("create table if not exists orders (id integer, at text, sold integer)")
            connection.executemany("insert into orders values (?, ?, 1)", rows)
        connection.close()

    @property
    def versions(self) -> list[str]:
        return [each.manifest.version for each in Datasets(self.session.data).log("orders")]

    def ids(self) -> list[int]:
        datasets = Datasets(self.session.data)
        head = datasets.head("orders")
        return sorted(int(number) for number in datasets.read(head)["id"].to_pylist()) if head else []

    def outcomes(self) -> list[str]:
        """What commit_batch said of each event, in order."""
        group = f"/aws/lambda/{self.session.deployment.name}-commit_batch"
        pages = (
            client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern='"outcome"')
        )
        lines = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line)["outcome"] for line in lines if line.lstrip().startswith("{")]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, Path]]:
    folder = tmp_path_factory.mktemp("shop")
    home, project = folder / HOME, folder / "project.yaml"
    project.write_text(PROJECT % (folder / "orders.db"))
    with LocalCloud.start(home) as cloud, pytest.MonkeyPatch.context() as environment:
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        start(home, project, say=lambda _text: None)
        yield cloud, project
        stop(home)
    wait_until_gone(lambda: mentioning(str(home)) + mentioning(f"\0{cloud.pid}\0"))


@pytest.fixture
def shop(aws_environment: None, deployed: tuple[LocalCloud, Path], monkeypatch: pytest.MonkeyPatch) -> Shop:
    cloud, project = deployed
    for name, value in cloud.env.items():
        monkeypatch.setenv(name, value)
    return Shop(open_deployed(read_project(project), project, "local"), project.parent / "orders.db")


def test_the_story_of_a_landing_zone(shop: Shop) -> None:
    shop.session.data.put("landing/orders/open/orders.csv", b"id,at,sold\n99,2013-01-01,true\n")
    shop.drop("hand", "1,2013-01-01,true", "2,2013-01-02,false")
    until(lambda: shop.versions == ["1.0.0"])
    assert shop.ids() == [1, 2]

    shop.close("hand")
    until(lambda: shop.outcomes() == ["committed", "unchanged"])
    assert shop.versions == ["1.0.0"]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: shop.drop(f"b{number}", f"{number},2013-01-0{number},true"), (3, 4)))
    until(lambda: len(shop.versions) == 3)
    assert shop.ids() == [1, 2, 3, 4]

    shop.drop("bad", "5,yesterday,true")
    (refused,) = until(lambda: shop.session.ledger.query("quarantine"))
    assert refused.evidence["batch"] == "bad"
    assert "aaaaaaaaa is not an ISO 8601 time" in refused.evidence["reason"]
    report, _ = until(lambda: shop.session.data.get_with_etag("quarantine/orders/bad/report.json"))
    assert json.loads(report)["version"] is None
    assert shop.ids() == [1, 2, 3, 4]

    shop.buy((10, "2013-02-01 08:00:00"), (11, "2013-02-02 08:00:00"))
    fetched = [shop.fetch(), shop.fetch()]
    until(lambda: shop.ids() == [1, 2, 3, 4, 10, 11])
    shop.buy((12, "2013-02-02 08:00:00"))
    until(lambda: shop.fetch()["outcome"] == "nothing_new" or 12 in shop.ids())
    assert fetched[0]["outcome"] == "landed"
    until(lambda: shop.ids() == [1, 2, 3, 4, 10, 11, 12])
    assert len(shop.session.ledger.query("data_version")) == len(shop.versions) == 5


def test_the_command_line_lands_and_fetches_beside_the_functions(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(shop.database.parent)
    before = set(shop.ids())
    (tmp_path / "more.csv").write_text("id,at,sold\n20,2013-03-01,true\n")
    shop.buy((21, "2013-03-02 08:00:00"))

    landed = answer("land", str(tmp_path / "more.csv"))
    fetched = answer("fetch", "--as-of", "2013-04-02")

    until(lambda: set(shop.ids()) == before | {20, 21})
    assert landed["batch"].startswith("more.csv-")
    assert {batch["outcome"] for batch in fetched["batches"]} <= {"landed", "nothing_new"}
    assert answer("fetch")["batches"][-1]["outcome"] == "nothing_new"
    assert len(shop.ids()) == len(set(shop.ids()))
    assert len(shop.session.ledger.query("data_version")) == len(shop.versions)


def answer(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["data", *arguments, "--json"])
    if result.exception:
        raise result.exception
    return json.loads(result.stdout)
