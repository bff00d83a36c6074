"""The traffic table: every way forward, and every way back to exactly where it was."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import NoModel, NothingToRollBack, ReleaseInProgress, TrafficChanged
from evergreen.serving.assignment import assign, position
from evergreen.serving.traffic import (
    Target,
    Traffic,
    challenger_of,
    previous,
    promote,
    serving,
    settle,
    shift,
    start,
    step_back,
    withdraw,
)

AT = "2013-04-01T00:00:00Z"


def target(version: str) -> Target:
    digest = hashlib.sha256(version.encode()).hexdigest()
    return Target(
        model_version=version,
        endpoint=f"flights-local-{version.replace('.', '-')}-{digest[:8]}",
        digest=digest,
        artifact_uri=f"s3://artifacts/models/{version}/",
        contract_key=f"models/{version}/contract.json",
    )


def promoted(*versions: str) -> Traffic:
    traffic = Traffic(salt="flights-local")
    for version in versions:
        traffic = released(traffic, version)
    return traffic


def released(traffic: Traffic, version: str, *, returning: bool = False) -> Traffic:
    traffic = shift(start(traffic, target(version), release_id=version), release_id=version, share=1.0)
    return settle(promote(traffic, release_id=version, at=AT), release_id=version, returning=returning)


def test_before_the_first_release_nobody_answers() -> None:
    with pytest.raises(NoModel):
        assign(Traffic(), "request")


def test_a_challenger_gets_nothing_until_its_first_step() -> None:
    traffic = start(promoted("1.0.0"), target("1.0.1"), release_id="r")

    assert {assign(traffic, str(n)).model_version for n in range(200)} == {"1.0.0"}


def test_the_first_model_answers_once_it_has_its_share() -> None:
    starting = start(Traffic(), target("1.0.0"), release_id="r")

    with pytest.raises(NoModel):
        serving(starting)
    assert serving(shift(starting, release_id="r", share=1.0)) == target("1.0.0")


@given(share=st.floats(0.02, 1.0), salt=st.text(max_size=100))
def test_the_share_is_what_was_asked_for_and_a_request_never_moves(share: float, salt: str) -> None:
    traffic = start(promoted("1.0.0").model_copy(update={"salt": salt}), target("1.0.1"), release_id="r")
    traffic = shift(traffic, release_id="r", share=share)

    chosen = [assign(traffic, f"request-{n}").model_version for n in range(2000)]

    assert abs(chosen.count("1.0.1") / 2000 - share) < 0.06
    assert chosen == [assign(traffic, f"request-{n}").model_version for n in range(2000)]


def test_who_got_the_challenger_keeps_it_when_its_share_grows() -> None:
    few, many = ({n for n in range(500) if position(str(n), "s") < share} for share in (0.05, 0.25))

    assert few < many


@given(
    before=st.lists(st.sampled_from(["1.0.0", "1.0.1", "1.1.0", "2.0.0"]), max_size=5, unique=True),
    shares=st.lists(st.floats(0, 1), max_size=4),
    bakes=st.booleans(),
    latency=st.none() | st.floats(1, 100),
)
def test_a_rollback_restores_exactly_the_table_before_the_release(
    before: list[str], shares: list[float], bakes: bool, latency: float | None
) -> None:
    traffic = original = promoted(*before)
    traffic = start(traffic, target("3.0.0"), release_id="r", latency_limit_ms=latency)
    for share in shares:
        traffic = shift(traffic, release_id="r", share=share)
    if bakes:
        traffic = promote(traffic, release_id="r", at=AT)

    assert withdraw(traffic, release_id="r") == original


def test_a_promotion_is_remembered() -> None:
    traffic = promoted("1.0.0", "1.0.1")

    assert [found.model_version for found in traffic.history] == ["1.0.0", "1.0.1"]
    assert traffic.champion == traffic.history[-1]
    assert traffic.champion
    assert traffic.champion.promoted_at == AT


def test_the_second_rollback_goes_further_back() -> None:
    traffic = promoted("1.0.0", "1.0.1", "1.0.2")

    once = step_back(traffic)
    twice = step_back(once)

    assert serving(once).model_version == "1.0.1"
    assert serving(twice).model_version == "1.0.0"
    with pytest.raises(NothingToRollBack, match=r"1\.0\.0 is the only model version"):
        step_back(twice)


def test_a_rollback_by_release_goes_further_back_the_second_time_too() -> None:
    once = released(promoted("1.0.0", "1.0.1", "1.0.2"), "1.0.1", returning=True)

    assert serving(once).model_version == "1.0.1"
    assert previous(once).model_version == "1.0.0"


def test_releasing_an_old_version_again_is_no_rollback() -> None:
    assert previous(released(promoted("1.0.0", "1.0.1"), "1.0.0")).model_version == "1.0.1"


def test_with_no_model_there_is_nothing_to_roll_back() -> None:
    with pytest.raises(NothingToRollBack, match="no model version serves yet"):
        previous(Traffic())


def test_two_releases_cannot_hold_the_table() -> None:
    traffic = start(promoted("1.0.0"), target("1.0.1"), release_id="r")

    with pytest.raises(ReleaseInProgress, match="release r is moving traffic"):
        start(traffic, target("1.0.2"), release_id="other")
    with pytest.raises(ReleaseInProgress):
        step_back(traffic)


def test_starting_twice_is_starting_once() -> None:
    traffic = start(promoted("1.0.0"), target("1.0.1"), release_id="r")

    assert start(traffic, target("1.0.1"), release_id="r") == traffic


@pytest.mark.parametrize(
    "change",
    [
        lambda traffic: shift(traffic, release_id="mine", share=0.5),
        lambda traffic: promote(traffic, release_id="mine", at=AT),
        lambda traffic: settle(traffic, release_id="mine"),
        lambda traffic: withdraw(traffic, release_id="mine"),
        lambda traffic: challenger_of(traffic, release_id="mine"),
    ],
)
def test_a_release_that_lost_the_table_changes_nothing(change: object) -> None:
    for traffic in (promoted("1.0.0"), start(promoted("1.0.0"), target("1.0.1"), release_id="other")):
        with pytest.raises(TrafficChanged):
            change(traffic)  # type: ignore[operator]


def test_a_promoted_challenger_takes_no_more_shares() -> None:
    traffic = promote(start(promoted("1.0.0"), target("1.0.1"), release_id="r"), release_id="r", at=AT)

    with pytest.raises(TrafficChanged):
        shift(traffic, release_id="r", share=0.5)


def test_the_history_is_bounded() -> None:
    assert len(promoted(*(f"1.0.{patch}" for patch in range(60))).history) == 50


def test_the_item_reads_back_as_itself() -> None:
    traffic = start(promoted("1.0.0"), target("1.0.1"), release_id="r", latency_limit_ms=50.0)

    assert Traffic.model_validate({**traffic.item(), "epoch": 7}) == traffic.model_copy(update={"epoch": 7})
