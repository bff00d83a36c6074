"""Releases on moto: forward by evidence, back to exactly where it was."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from evergreen.errors import ArtifactRefused
from tests.lambdas.releasing.conftest import World, digest_of


def kinds(world: World, kind: Any) -> list[str]:
    return [entry.subject for entry in world.ledger.query(kind, newest_first=False)]


def test_the_first_model_is_promoted_without_traffic(world: World) -> None:
    done = world.release("1.0.0", requests=0)

    assert (done["outcome"], done["from"], done["model_version"]) == ("promoted", None, "1.0.0")
    assert world.traffic().champion.digest == digest_of("1.0.0")
    assert world.traffic().release_id is None
    assert kinds(world, "promotion") == kinds(world, "release") == ["1.0.0"]


def test_a_healthy_challenger_goes_through_its_steps_and_replaces_the_champion(world: World) -> None:
    world.release("1.0.0")

    done = world.release("1.0.1")

    record = world.desk.records.read("release-1.0.1")
    assert (done["outcome"], done["from"]) == ("promoted", "1.0.0")
    assert [(step.share, step.outcome) for step in record.steps] == [
        (0.05, "passed"), (0.25, "passed"), (1.0, "passed"),
    ]  # fmt: skip
    assert [found.model_version for found in world.traffic().history] == ["1.0.0", "1.0.1"]
    assert world.endpoints() == {record.endpoint}
    assert record.finished_at is not None
    assert world.state.get("release_lock") is None


def test_an_abandoned_release_is_closed_by_the_next(world: World) -> None:
    world.release("1.0.0")
    abandoned = world.register("1.0.1")
    world.start("1.0.1")
    boto3.client("stepfunctions").stop_execution(executionArn=world.execution("release-1.0.1"))

    done = world.release("1.0.2")

    assert done["outcome"] == "promoted"
    assert world.desk.records.read("release-1.0.1").outcome == "rolled_back"
    assert abandoned not in world.endpoints()
    assert [found.model_version for found in world.traffic().history] == ["1.0.0", "1.0.2"]


def test_an_error_anywhere_ends_as_rolled_back_with_the_table_restored(world: World) -> None:
    world.release("1.0.0")
    before = world.traffic()
    endpoint = world.register("1.0.1")
    world.start("1.0.1")

    cause = json.dumps({"errorMessage": "row 0 differs", "errorType": "ArtifactRefused"})
    done = world.finish("release-1.0.1", {"Error": "ArtifactRefused", "Cause": cause})

    assert (done["outcome"], done["reason"]) == ("rolled_back", "ArtifactRefused: row 0 differs")
    assert world.traffic().item() == before.item()
    assert endpoint not in world.endpoints()


def test_a_failing_challenger_is_rolled_back_at_once(world: World) -> None:
    world.release("1.0.0")
    before = world.traffic()
    endpoint = world.register("1.0.1")
    world.start("1.0.1")
    world.advance("release-1.0.1")
    assert world.traffic().share == 0.05
    world.count(endpoint, requests=10, errors=5, slow=5)

    world.advance("release-1.0.1")
    assert world.traffic().item() == before.item()

    assert world.advance("release-1.0.1")["status"] == "rolled_back"
    done = world.finish("release-1.0.1")
    assert done["outcome"] == "rolled_back"
    assert done["reason"] == "error rate above 0.01: 5 of 10 requests failed"
    assert (done["requests"], done["failed_requests"]) == (10, 5)
    assert 0 <= done["rollback_seconds"] < 5
    assert kinds(world, "rollback") == ["1.0.1"]
    assert world.endpoints() == {before.champion.endpoint}


def test_a_slow_challenger_is_rolled_back(world: World) -> None:
    world.release("1.0.0")
    endpoint = world.register("1.0.1")
    world.start("1.0.1")
    world.advance("release-1.0.1")
    world.count(endpoint, requests=20, slow=20)

    world.advance("release-1.0.1")

    assert "model latency p99 above 50 ms" in world.advance("release-1.0.1")["reason"]


def test_a_breach_while_baking_brings_the_old_champion_back(world: World) -> None:
    world.release("1.0.0")
    before = world.traffic()
    endpoint = world.register("1.0.1")
    world.start("1.0.1", strategy="all_at_once")
    world.advance("release-1.0.1")
    world.advance("release-1.0.1")
    assert world.traffic().champion.model_version == "1.0.1"
    world.count(endpoint, requests=10, errors=10)

    world.advance("release-1.0.1")

    assert world.traffic().item() == before.item()
    assert world.finish("release-1.0.1")["outcome"] == "rolled_back"


def test_counts_of_an_earlier_release_of_the_same_endpoint_are_not_held_against_it(world: World) -> None:
    world.release("1.0.0")
    world.count(world.register("1.0.1"), requests=10, errors=10)

    assert world.release("1.0.1")["outcome"] == "promoted"


def test_the_winner_is_asked_who_it_is(world: World) -> None:
    world.release("1.0.0")
    endpoint = world.register("1.0.1")
    world.start("1.0.1")
    for look in range(10):
        if world.advance("release-1.0.1", later=3 * look)["status"] != "in_progress":
            break
        world.count(endpoint, requests=200)
    world.containers.answers[endpoint] = lambda _: {"digest": digest_of("1.0.0"), "model_version": "1.0.0"}

    with pytest.raises(ArtifactRefused, match=r"serves 1\.0\.0, not 1\.0\.1"):
        world.finish("release-1.0.1")


def test_finishing_twice_gives_the_same_answer(world: World) -> None:
    done = world.release("1.0.0")

    assert world.finish("release-1.0.0") == done
    assert len(world.ledger.query("release")) == 1


def test_a_promotion_whose_record_was_lost_is_found_in_the_table(world: World) -> None:
    world.register("1.0.0")
    world.start("1.0.0")
    world.advance("release-1.0.0")
    world.advance("release-1.0.0")
    baking = world.state.get("release", "release-1.0.0")
    assert baking
    world.advance("release-1.0.0", later=3)
    written = world.state.get("release", "release-1.0.0")
    assert written
    world.state.replace("release", "release-1.0.0", {**baking}, expected_epoch=written["epoch"])

    assert world.advance("release-1.0.0")["status"] == "promoted"
    assert world.finish("release-1.0.0")["outcome"] == "promoted"
