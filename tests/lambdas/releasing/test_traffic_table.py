"""The traffic table under concurrent writers, failures, and rollbacks by hand."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from evergreen.aws.state import StateTable
from evergreen.aws.traffic import CachedTraffic, TrafficTable, roll_back
from evergreen.errors import CloudError, NothingToRollBack, TrafficChanged
from evergreen.serving.traffic import Traffic, settle, shift, start, withdraw
from tests.lambdas.releasing.conftest import DEPLOYMENT, World
from tests.unit.serving.test_traffic import target

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:churn-local-release"


class Racing(StateTable):
    """Somebody else writes just before our write, the first `races` times."""

    def __init__(self, table: str, races: int, rival: Any) -> None:
        super().__init__(table)
        self.races = races
        self.rival = rival

    def replace(self, pk: str, sk: str, item: dict[str, Any], *, expected_epoch: int) -> dict[str, Any]:
        if self.races:
            self.races -= 1
            TrafficTable(StateTable(self.table)).change(self.rival)
        return super().replace(pk, sk, item, expected_epoch=expected_epoch)


def back(world: World) -> Any:
    return roll_back(
        world.desk.traffic, world.ledger, release_machine=MACHINE, as_of="2013-05-01T00:00:00Z", actor="ann"
    )


def test_a_lost_race_is_retried_on_the_new_table(world: World) -> None:
    world.desk.traffic.change(lambda now: start(now, target("1.0.0"), release_id="r"))
    racing = TrafficTable(Racing("state", 1, lambda now: shift(now, release_id="r", share=0.05)))

    done = racing.change(lambda now: shift(now, release_id="r", share=0.25))

    assert (done.share, done.epoch) == (0.25, 3)


def test_a_release_that_lost_the_table_meanwhile_does_not_write(world: World) -> None:
    world.desk.traffic.change(lambda now: start(now, target("1.0.0"), release_id="r"))
    racing = TrafficTable(Racing("state", 1, lambda now: withdraw(now, release_id="r")))

    with pytest.raises(TrafficChanged, match="no longer release r's"):
        racing.change(lambda now: shift(now, release_id="r", share=0.25))

    assert world.traffic().challenger is None


def test_endless_races_end(world: World) -> None:
    shares = iter(n / 100 for n in range(1, 100))
    world.desk.traffic.change(lambda now: start(now, target("1.0.0"), release_id="r"))
    racing = TrafficTable(Racing("state", 99, lambda now: shift(now, release_id="r", share=next(shares))))

    with pytest.raises(TrafficChanged):
        racing.change(lambda now: shift(now, release_id="r", share=1.0))


def test_a_change_that_changes_nothing_writes_nothing(world: World) -> None:
    before = world.desk.traffic.change(lambda now: start(now, target("1.0.0"), release_id="r"))

    assert world.desk.traffic.change(lambda now: start(now, target("1.0.0"), release_id="r")).epoch == before.epoch


def test_the_cache_is_a_second_old_at_most_and_a_minute_when_dynamodb_fails(world: World) -> None:
    now = [100.0]
    cached = CachedTraffic(world.desk.traffic, clock=lambda: now[0])
    assert cached.read() == Traffic(salt=DEPLOYMENT)
    world.desk.traffic.change(lambda table: start(table, target("1.0.0"), release_id="r"))

    now[0] += 0.9
    assert cached.read().release_id is None
    now[0] += 0.2
    assert cached.read().release_id == "r"
    boto3.client("dynamodb").delete_table(TableName="state")
    now[0] += 59
    assert cached.read().release_id == "r"
    now[0] += 2
    with pytest.raises(CloudError):
        cached.read()


def test_a_rollback_by_hand_ends_the_release_under_way(world: World) -> None:
    world.release("1.0.0")
    before = world.traffic()
    world.register("1.0.1")
    world.start("1.0.1")
    world.advance("release-1.0.1")

    done = back(world)

    assert (done.how, done.from_version, done.to_version) == ("withdrawn", "1.0.1", "1.0.0")
    assert world.traffic().item() == before.item()
    world.advance("release-1.0.1")
    assert world.advance("release-1.0.1")["status"] == "rolled_back"
    ended = world.finish("release-1.0.1")
    assert (ended["outcome"], ended["reason"]) == ("rolled_back", "rolled back by hand")
    assert [entry.actor for entry in world.ledger.query("rollback")] == ["ann"]


def test_a_rollback_by_hand_while_baking_is_one_write(world: World) -> None:
    world.release("1.0.0")
    world.register("1.0.1")
    world.start("1.0.1", strategy="all_at_once")
    world.advance("release-1.0.1")
    world.advance("release-1.0.1")

    assert (back(world).from_version, world.traffic().champion.model_version) == ("1.0.1", "1.0.0")


def test_a_rollback_to_a_running_endpoint_switches(world: World) -> None:
    world.release("1.0.0")
    previous = world.traffic().champion
    world.release("1.0.1")
    variant = {"VariantName": "main", "ModelName": world.traffic().champion.endpoint, "InstanceType": "ml.m5.large"}
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://data",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    name = previous.endpoint
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], DataCaptureConfig=capture)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    assert back(world).how == "switched"
    assert world.traffic().champion.model_version == "1.0.0"


def test_rollbacks_to_versions_without_an_endpoint_are_releases_and_go_further_back_each_time(world: World) -> None:
    for version in ("1.0.0", "1.0.1", "1.0.2"):
        world.release(version)

    first = back(world)
    assert (first.how, first.from_version, first.to_version) == ("releasing", "1.0.2", "1.0.1")
    assert first.execution
    world.release("1.0.1", release_id="back-1", trigger="rollback", strategy="all_at_once")
    assert [found.model_version for found in world.traffic().history] == ["1.0.0", "1.0.1"]

    assert back(world).to_version == "1.0.0"
    world.release("1.0.0", release_id="back-2", trigger="rollback", strategy="all_at_once")
    with pytest.raises(NothingToRollBack):
        back(world)


def test_with_one_version_there_is_nothing_to_roll_back(world: World) -> None:
    with pytest.raises(NothingToRollBack, match="no model version serves yet"):
        back(world)
    world.release("1.0.0")
    with pytest.raises(NothingToRollBack, match=r"1\.0\.0 is the only model version"):
        back(world)


def test_a_settled_table_belongs_to_nobody(world: World) -> None:
    world.release("1.0.0")

    with pytest.raises(TrafficChanged):
        world.desk.traffic.change(lambda now: settle(now, release_id="release-1.0.0"))
