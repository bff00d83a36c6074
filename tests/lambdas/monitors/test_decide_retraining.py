"""decide_retraining: the decision is recorded, and a yes starts exactly one run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evergreen.aws.clients import client
from lambdas.decide_retraining.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.monitors.world import AS_OF, World

ROLE = "arn:aws:iam::123456789012:role/machine"
DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


@pytest.fixture
def machine(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The training machine, in the environment of the function."""
    arn: str = client("stepfunctions").create_state_machine(name="training", definition=DEFINITION, roleArn=ROLE)[
        "stateMachineArn"
    ]
    monkeypatch.setenv("TRAINING_MACHINE_ARN", arn)
    return arn


def breach(world: World, kind: Any = "quality", *, version: str = "1.0.0", days: tuple[int, ...] = (6, 7)) -> None:
    """Record breaches on some days of April."""
    for day in days:
        at = f"2013-04-{day:02d}T00:00:00Z"
        world.ledger.append(kind, at=at, subject=version, rule="r", evidence={"verdict": "breach"})


def executions(machine: str) -> list[dict[str, Any]]:
    """What was started."""
    found: list[dict[str, Any]] = client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    return found


def test_two_breaches_start_a_run_with_its_reasons(world: World, machine: str) -> None:
    world.promote()
    breach(world)

    decision = handler({"as_of": AS_OF}, CONTEXT)

    assert decision["decision"]
    assert decision["triggers"] == ["quality_falls"]
    assert decision["run_id"].startswith("run-20130408T000000-")
    started = executions(machine)[0]
    assert started["name"] == decision["run_id"]
    given = json.loads(client("stepfunctions").describe_execution(executionArn=started["executionArn"])["input"])
    assert given == {
        "trigger": "quality_falls",
        "as_of": AS_OF,
        "requested_by": "decide_retraining",
        "reasons": ["Quality breached 2 times in a row (2 needed)."],
    }


def test_a_no_is_recorded_too(world: World, machine: str) -> None:
    world.promote()

    decision = handler({"as_of": AS_OF}, CONTEXT)

    entry = world.ledger.query("decision")[0]
    assert (decision["decision"], decision["run_id"], entry.evidence["reason"]) == (False, None, "No trigger holds.")
    assert executions(machine) == []


def test_a_delivery_repeated_starts_one_run(world: World, machine: str) -> None:
    world.promote()
    breach(world)

    assert handler({"as_of": AS_OF}, CONTEXT)["run_id"] == handler({"as_of": AS_OF}, CONTEXT)["run_id"]
    assert len(executions(machine)) == 1


def test_a_dry_run_records_and_starts_nothing(world: World, machine: str) -> None:
    world.promote()
    breach(world)

    decision = handler({"as_of": AS_OF, "dry_run": True}, CONTEXT)

    assert (decision["decision"], decision["run_id"]) == (True, None)
    assert world.ledger.query("decision") == []
    assert executions(machine) == []


def test_breaches_of_the_former_champion_do_not_count(world: World, machine: str) -> None:
    world.promote("1.1.0")
    breach(world, version="1.0.0")

    assert not handler({"as_of": AS_OF}, CONTEXT)["decision"]


def test_findings_of_the_future_do_not_count(world: World, machine: str) -> None:
    world.promote()
    breach(world, days=(9, 10))

    assert not handler({"as_of": AS_OF}, CONTEXT)["decision"]


def test_a_run_in_progress_is_named(world: World, machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.promote()
    breach(world)
    arn = client("stepfunctions").start_execution(stateMachineArn=machine, name="run-0")["executionArn"]
    world.state.put_new("run_lock", "-", {"run_id": "run-0", "execution_arn": arn, "since": AS_OF})

    decision = handler({"as_of": AS_OF}, CONTEXT)

    assert not decision["decision"]
    assert "run run-0 is in progress" in decision["reason"]


def test_the_lock_of_a_run_that_ended_is_nobodys(world: World, machine: str) -> None:
    world.promote()
    breach(world)
    arn = client("stepfunctions").start_execution(stateMachineArn=machine, name="run-0")["executionArn"]
    client("stepfunctions").stop_execution(executionArn=arn)
    world.state.put_new("run_lock", "-", {"run_id": "run-0", "execution_arn": arn, "since": AS_OF})

    assert handler({"as_of": AS_OF}, CONTEXT)["decision"]


def test_the_last_run_cools_down_and_a_demand_overrides_it(world: World, machine: str) -> None:
    world.promote()
    breach(world)
    evidence = {"run_id": "run-0", "as_of": "2013-04-07T00:00:00Z", "outcome": "refused", "data_version": "1.0.0"}
    world.ledger.append("run", at=evidence["as_of"], subject="run-0", rule="manual", evidence=evidence)

    scheduled = handler({"as_of": AS_OF}, CONTEXT)
    demanded = handler({"as_of": AS_OF, "on_demand": True, "requested_by": "ada"}, CONTEXT)

    assert (scheduled["decision"], demanded["decision"]) == (False, True)
    assert "the cooldown ends 2013-04-13T00:00:00Z" in scheduled["reason"]
    assert demanded["triggers"] == ["on_demand", "quality_falls"]
    assert world.ledger.query("decision")[0].actor in ("ada", "decide_retraining")


def test_before_the_first_model_the_answer_says_how_to_start(world: World, machine: str) -> None:
    assert "evergreen run" in handler({"as_of": AS_OF}, CONTEXT)["reason"]
