from __future__ import annotations

import json
from pathlib import Path

from tests.stacks.synthesis import PROJECT, Synthesis, listed, synthesize_stage


def permissions(synthesis: Synthesis, role: str) -> str:
    return json.dumps([[s["Action"], s["Resource"]] for s in synthesis.statements(role)])


def test_a_marker_of_this_dataset_calls_commit_batch_and_nothing_else_does(local: Synthesis) -> None:
    (rule,) = local.properties("Events::Rule")

    assert rule["EventPattern"]["detail"]["object"]["key"] == [{"wildcard": "landing/customers/*/_SUCCESS"}]
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    assert "commitbatch" in json.dumps(rule["Targets"])


def test_the_data_bucket_sends_its_events_without_a_function_of_the_cdk(local: Synthesis) -> None:
    sending = [b for b in local.properties("S3::Bucket") if "NotificationConfiguration" in b]

    assert len(sending) == 1
    assert not local.resources("CloudFormation::CustomResource")
    assert not [kind for kind in local.templates["Storage"]["Resources"].values() if "Custom::" in kind["Type"]]


def test_fetched_batches_expire_and_what_people_dropped_does_not(local: Synthesis) -> None:
    rules = [rule for bucket in local.properties("S3::Bucket") for rule in bucket["LifecycleConfiguration"]["Rules"]]

    assert [r["ExpirationInDays"] for r in rules if r.get("Prefix", "").startswith("landing/")] == [30]
    assert "landing/customers/fetch-" in {rule.get("Prefix") for rule in rules}


def test_only_the_named_secret_may_be_read_and_only_by_fetch_batch(local: Synthesis) -> None:
    readers = {
        policy["Roles"][0]["Ref"]: statement["Resource"]
        for policy in local.properties("IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
    }

    assert [name.startswith("Functionsfetchbatchrole") for name in readers] == [True]
    assert ":secret:crm/customers-??????" in json.dumps(list(readers.values()))


def test_a_source_in_s3_is_read_below_its_prefix_only(tmp_path: Path) -> None:
    data = {"dataset": "customers", "source": {"s3": "s3://lake/raw/customers/", "partition": "%Y-%m-%d"}}
    found = permissions(synthesize_stage("prod", tmp_path, data=data), "Functionsfetchbatchrole")

    assert "s3:::lake/raw/customers/*" in found
    assert "secretsmanager" not in found


def test_without_a_source_there_is_no_fetch_and_no_schedule_for_it(tmp_path: Path) -> None:
    plain = synthesize_stage("dev", tmp_path, data={"dataset": "customers"})

    assert "fetch_batch" not in plain.functions()
    assert "commit_batch" in plain.functions()
    assert len(plain.properties("Scheduler::Schedule")) == 3
    assert PROJECT["data"] != {"dataset": "customers"}


def test_fetch_batch_carries_the_drivers_and_not_the_tables(local: Synthesis) -> None:
    layers = str(local.functions()["fetch_batch"]["Layers"])

    assert "layerssources" in layers
    assert "layerstables" not in layers
