"""Schedules fire with their own time, the real one or a replayed one."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from evergreen.errors import CloudError, NotFound
from local.cloud import LocalCloud
from local.deploy import Outputs
from local.functions import embedded_metrics
from local.replay import fire, substitute
from local.schedules import _substituting

AT = datetime(2013, 4, 1, tzinfo=UTC)


def test_context_attributes_are_substituted() -> None:
    given = '{"as_of": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>"}'

    found = json.loads(substitute(given, at=AT, schedule_arn="arn"))

    assert found["as_of"] == "2013-04-01T00:00:00Z"
    assert len(found["id"]) == 36


def test_embedded_metrics_are_read_from_a_log() -> None:
    metrics = [{"Name": "Requests", "Unit": "Count"}, {"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Absent"}]
    directive = {"Namespace": "Evergreen", "Dimensions": [["deployment", "endpoint"], []], "Metrics": metrics}
    line = json.dumps(
        {
            "_aws": {"CloudWatchMetrics": [directive]},
            "deployment": "d",
            "endpoint": "e",
            "Requests": 2,
            "Latency": [1.5, 2.5],
        }
    )

    found = list(embedded_metrics(f'START\n{line}\nnot json "_aws"\n'))

    both = {"deployment": "d", "endpoint": "e"}
    assert found[:3] == [
        ("Evergreen", "Requests", 2, "Count", both),
        ("Evergreen", "Latency", 1.5, "Milliseconds", both),
        ("Evergreen", "Latency", 2.5, "Milliseconds", both),
    ]
    assert [values for *_, values in found[3:]] == [{}, {}, {}]


def test_a_firing_carries_its_scheduled_time() -> None:
    fired: list[str] = []
    invoke = _substituting(lambda target, *_: fired.append(target["Input"]))

    invoke({"Input": "<aws.scheduler.scheduled-time>"}, {"Source": "aws.scheduler", "Time": AT.timestamp()}, {})
    invoke({"Input": "<aws.scheduler.scheduled-time>"}, {"Source": "aws.events", "Time": AT.timestamp()}, {})

    assert fired == ["2013-04-01T00:00:00Z", "<aws.scheduler.scheduled-time>"]


def test_a_deployed_schedule_is_fired_at_a_replayed_time(cloud: LocalCloud, outputs: Outputs) -> None:
    assert outputs

    assert fire(cloud, "daily-echo", AT)["event"] == {"as_of": "2013-04-01T00:00:00Z"}


def test_a_fired_function_that_fails_says_why(cloud: LocalCloud, outputs: Outputs) -> None:
    assert outputs

    with pytest.raises(CloudError, match="NotReadyYet"):
        fire(cloud, "daily-fails", AT)


def test_an_unknown_schedule_is_named(cloud: LocalCloud) -> None:
    with pytest.raises(NotFound, match="hourly"):
        fire(cloud, "hourly", AT)
