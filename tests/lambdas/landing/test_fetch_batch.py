"""fetch_batch: lands what is new in the declared source, and leaves the commit to the marker."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from evergreen.aws.clients import client
from lambdas.commit_batch.handler import handler as commit
from lambdas.fetch_batch.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.landing.conftest import AT, Zone, event
from tests.unit.sources.world import Database, sqlite_source


def landed(batch: str) -> dict[str, object]:
    return event(f"landing/orders/{batch}/_SUCCESS")


def test_what_is_new_is_landed_and_its_marker_commits_it(
    zone: Zone, database: Database, deployed: Callable[[str], None]
) -> None:
    deployed(json.dumps(sqlite_source(database.path)))
    database.add((1, "2013-01-01 08:00:00"), (2, "2013-01-02 08:00:00"))

    fetched = handler({"as_of": AT}, CONTEXT)
    answer = commit(landed(fetched["batch"]), CONTEXT)

    assert (fetched["outcome"], fetched["rows"], fetched["watermark_to"]) == ("landed", 2, "2013-01-02 08:00:00")
    assert (answer["outcome"], zone.ids()) == ("committed", [1, 2])
    (entry,) = zone.entries("data_version")
    assert entry.evidence["batch"] == fetched["batch"]
    assert handler({"as_of": AT}, CONTEXT)["outcome"] == "nothing_new"


def test_a_fetch_before_the_commit_lands_the_same_and_both_markers_make_one_version(
    zone: Zone, database: Database, deployed: Callable[[str], None]
) -> None:
    deployed(json.dumps(sqlite_source(database.path)))
    database.add((1, "2013-01-01 08:00:00"))
    batches = [handler({"as_of": AT}, CONTEXT)["batch"] for _ in range(2)]

    outcomes = [commit(landed(batch), CONTEXT)["outcome"] for batch in batches]

    assert batches[0] == batches[1]
    assert outcomes == ["committed", "unchanged"]


def test_a_refused_batch_holds_the_source(zone: Zone, database: Database, deployed: Callable[[str], None]) -> None:
    deployed(json.dumps(sqlite_source(database.path)))
    database.add((1, "2013-13-41 08:00:00x"))
    refused = handler({"as_of": AT}, CONTEXT)["batch"]
    assert commit(landed(refused), CONTEXT)["outcome"] == "quarantined"

    assert handler({"as_of": AT}, CONTEXT)["outcome"] == "held"


def test_partitions_of_another_bucket_are_brought_in(zone: Zone, deployed: Callable[[str], None]) -> None:
    bucket = "absent-lake"  # a source that the deployment of the permissions' test has not
    deployed(f'{{s3: "s3://{bucket}/raw/", partition: "%Y-%m-%d"}}')
    client("s3").create_bucket(Bucket=bucket)
    body = b"id,at,amount,sold\n" + b"1,2013-01-01T08:00:00Z,1.5,true\n" * 300_000
    client("s3").put_object(Bucket=bucket, Key="raw/2013-01-01/a.csv", Body=body)

    fetched = handler({"as_of": AT}, CONTEXT)

    assert (fetched["outcome"], fetched["watermark_to"]) == ("landed", "2013-01-01")
    assert commit(landed(fetched["batch"]), CONTEXT)["outcome"] == "committed"


def test_the_secret_is_read_by_its_name(zone: Zone, deployed: Callable[[str], None]) -> None:
    sql = {"query": "select 1 as at where 1 >= :watermark", "watermark": "at", "first": 0, "secret": "crm/customers"}
    deployed(json.dumps({"sql": sql}))
    client("secretsmanager").create_secret(Name="crm/customers", SecretString="mysql://u:hidden@db/x")

    with pytest.raises(Exception, match="the secret crm/customers: mysql is not supported"):
        handler({"as_of": AT}, CONTEXT)
