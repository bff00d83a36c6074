"""What a release does next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evergreen.project.schema import Release, RollBackWhen, Step
from evergreen.releases.health import Health
from evergreen.releases.judge import Action, next_action
from evergreen.releases.plan import DRAIN, plan_release
from evergreen.releases.record import ReleaseRecord, begin_bake, begin_step, finish, observe

START = datetime(2026, 1, 1, tzinfo=UTC)
RELEASE = Release(
    steps=[
        Step(share=0.05, requests=40, at_least=timedelta(minutes=1), at_most=timedelta(hours=1)),
        Step(share=0.25, requests=60),
        Step(share=1.0, requests=100),
    ],
    bake=timedelta(minutes=5),
    check_every=timedelta(seconds=30),
    roll_back_when=RollBackWhen(error_rate=0.01),
)


def after(**gone: float) -> datetime:
    return START + timedelta(**gone)


def record(**changes: Any) -> ReleaseRecord:
    return ReleaseRecord.model_validate(
        {
            "release_id": "r",
            "strategy": "canary",
            "from": "1.0.0",
            "to": "1.0.1",
            "as_of": "2013-04-01T00:00:00Z",
            "requested_by": "test",
            "trigger": "manual",
            "started_at": START,
            "endpoint": "e",
            "digest": "d",
            "artifact_uri": "s3://a/b/",
            "plan": plan_release(RELEASE),
            **changes,
        }
    )


def judged(release: ReleaseRecord, health: Health, now: datetime) -> tuple[ReleaseRecord, Action]:
    seen = observe(release, health)
    return seen, next_action(seen, health, now)


def test_it_begins_with_the_first_step() -> None:
    action = next_action(record(), Health(), START)

    assert (action.kind, action.share) == ("shift", 0.05)


@pytest.mark.parametrize(("requests", "minutes"), [(39, 5), (40, 0.5), (0, 59), (100, 0)])
def test_a_step_waits_for_its_requests_and_its_time(requests: int, minutes: float) -> None:
    release = begin_step(record(), share=0.05, now=START)

    assert judged(release, Health(requests=requests), after(minutes=minutes))[1].kind == "wait"


def test_it_waits_no_longer_than_the_step_needs() -> None:
    release = begin_step(record(), share=0.05, now=START)

    assert judged(release, Health(requests=100), after(seconds=50))[1].wait_seconds == 10


def test_a_passed_step_is_followed_by_the_next() -> None:
    release, action = judged(begin_step(record(), share=0.05, now=START), Health(requests=40), after(minutes=1))

    assert (action.kind, action.share) == ("shift", 0.25)
    following = begin_step(release, share=0.25, now=after(minutes=1))
    assert [(step.share, step.requests, step.outcome) for step in following.steps] == [
        (0.05, 40, "passed"),
        (0.25, 0, "in_progress"),
    ]


def test_requests_of_earlier_steps_do_not_count_for_later_ones() -> None:
    release, _ = judged(begin_step(record(), share=0.05, now=START), Health(requests=1000), after(minutes=1))
    release = begin_step(release, share=0.25, now=after(minutes=1))

    release, action = judged(release, Health(requests=1059), after(minutes=2))

    assert (release.steps[-1].requests, action.kind) == (59, "wait")


def test_no_data_is_never_health() -> None:
    action = judged(begin_step(record(), share=0.05, now=START), Health(), after(hours=1, seconds=1))[1]

    assert (action.kind, action.step_outcome) == ("roll_back", "undecided")
    assert action.reason == "undecided: 0 of 40 requests at 5% after 1:00:01"


def test_a_breach_rolls_back_whatever_else_holds() -> None:
    shifting = begin_step(record(), share=0.05, now=START)
    baking = begin_bake(shifting, now=START)

    for release in (shifting, baking):
        action = judged(release, Health(requests=10, errors=5), after(minutes=30))[1]
        assert (action.kind, action.step_outcome) == ("roll_back", "breached")
        assert action.reason == "error rate above 0.01: 5 of 10 requests failed"


def test_the_last_step_is_promoted_and_then_baked() -> None:
    release = record()
    for share in (0.05, 0.25, 1.0):
        release = begin_step(release, share=share, now=START)
    release, action = judged(release, Health(requests=100), after(minutes=1))
    assert action.kind == "promote"

    release = begin_bake(release, now=after(minutes=1))

    assert judged(release, Health(requests=100), after(minutes=5))[1].kind == "wait"
    assert judged(release, Health(requests=100), after(minutes=6))[1].kind == "settle"


def test_the_first_model_takes_everything_and_needs_no_traffic() -> None:
    plan = plan_release(RELEASE, first=True)
    release = begin_step(record(plan=plan), share=1.0, now=START)

    assert (plan.strategy, plan.bake) == ("all_at_once", DRAIN)
    assert judged(release, Health(), START)[1].kind == "promote"


def test_all_at_once_is_still_watched_while_it_bakes() -> None:
    plan = plan_release(RELEASE, strategy="all_at_once")
    release = begin_bake(begin_step(record(plan=plan), share=1.0, now=START), now=START)

    assert judged(release, Health(requests=10, errors=5), after(minutes=1))[1].kind == "roll_back"


def test_beginning_a_step_twice_is_beginning_it_once() -> None:
    release = begin_step(record(), share=0.05, now=START)

    assert begin_step(release, share=0.05, now=after(minutes=1)) == release


def test_a_wait_is_whole_seconds_and_at_least_one() -> None:
    assert [Action("wait", "", wait=timedelta(seconds=s)).wait_seconds for s in (0, 0.2, 1.2)] == [1, 1, 2]


def test_the_record_reads_back_as_itself() -> None:
    release = begin_step(record(), share=0.05, now=START)
    release = finish(release, outcome="rolled_back", reason="x", step="breached", now=after(minutes=1))

    assert ReleaseRecord.model_validate({**release.item(), "epoch": 3}) == release.model_copy(update={"epoch": 3})
    assert release.item()["from"] == "1.0.0"
    assert release.item()["started_at"] == "2026-01-01T00:00:00Z"
