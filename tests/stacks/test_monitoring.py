from __future__ import annotations

import json
from datetime import timedelta

import pytest

from stacks.constructs.schedule import rate
from tests.stacks.synthesis import Synthesis


def test_each_monitor_is_told_for_which_time_it_measures(local: Synthesis) -> None:
    schedules = local.properties("Scheduler::Schedule")

    assert len(schedules) == 4
    for schedule in schedules:
        assert json.loads(schedule["Target"]["Input"]) == {"as_of": "<aws.scheduler.scheduled-time>"}


def test_a_schedule_gives_up_in_time_and_keeps_what_it_could_not_deliver(local: Synthesis) -> None:
    for schedule in local.properties("Scheduler::Schedule"):
        assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
        assert "DeadLetterConfig" in schedule["Target"]


@pytest.mark.parametrize(
    ("interval", "expression"),
    [
        (timedelta(minutes=1), "rate(1 minute)"),
        (timedelta(minutes=90), "rate(90 minutes)"),
        (timedelta(days=7), "rate(10080 minutes)"),
    ],
)
def test_an_interval_is_written_in_minutes(interval: timedelta, expression: str) -> None:
    assert rate(interval) == expression


def test_every_alarm_reaches_the_topic_and_silence_is_no_alarm(local: Synthesis) -> None:
    alarms = local.properties("CloudWatch::Alarm")

    assert all(alarm["AlarmActions"] and alarm["TreatMissingData"] == "notBreaching" for alarm in alarms)


def test_what_can_go_wrong_has_an_alarm(local: Synthesis) -> None:
    names = {alarm["AlarmName"].removeprefix("churn-local-") for alarm in local.properties("CloudWatch::Alarm")}

    assert names == {
        "api-errors",
        "model-errors",
        "drift-breaches",
        "quality-breaches",
        "predict-errors",
        "accept_feedback-errors",
        "detect_drift-errors",
        "measure_quality-errors",
        "decide_retraining-errors",
        "commit_batch-errors",
        "fetch_batch-errors",
        "quarantined-batches",
        "training-failed",
        "training-timed-out",
        "release-failed",
        "release-timed-out",
        "dead-letters",
        "landing-dead-letters",
    }


def test_alerts_go_to_the_addresses_of_the_project(local: Synthesis) -> None:
    subscriptions = local.properties("SNS::Subscription")

    assert [(s["Protocol"], s["Endpoint"]) for s in subscriptions] == [("email", "team@example.com")]


def test_queues_and_topics_are_encrypted(local: Synthesis) -> None:
    assert all("KmsMasterKeyId" in queue for queue in local.properties("SQS::Queue"))
    assert all("KmsMasterKeyId" in topic for topic in local.properties("SNS::Topic"))
