"""Retraining: which triggers hold, and what stands against them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evergreen.project.schema import Retraining
from evergreen.retraining import Champion, Dataset, Decision, Finding, PastRun, Situation, decide, streak

NOW = datetime(2013, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
YOUNG = Champion("1.2.0", NOW - 10 * DAY, data_rows=100_000)


def findings(*verdicts: str, version: str = "1.2.0", every: timedelta = DAY) -> list[Finding]:
    """Findings, the newest first, one each `every`."""
    return [Finding(NOW - index * every, version, verdict) for index, verdict in enumerate(verdicts)]


def decided(rules: dict[str, Any] | None = None, **situation: Any) -> Decision:
    """The decision on a young champion in peace, changed as given."""
    peace: dict[str, Any] = {"champion": YOUNG, "data": Dataset("1.5.0", 100_000)}
    return decide(Retraining.model_validate(rules or {}), Situation(**(peace | situation)), as_of=NOW)


def run(outcome: str = "released", ago: timedelta = 10 * DAY, data_version: str = "1.4.0") -> PastRun:
    """A run that ended."""
    return PastRun("run-1", NOW - ago, outcome, data_version)


def test_nothing_happens_in_peace() -> None:
    decision = decided()

    assert not decision.decision
    assert decision.reason == "No trigger holds."


def test_two_quality_breaches_in_a_row_retrain() -> None:
    decision = decided(quality=findings("breach", "breach", "ok"))

    assert decision.decision
    assert decision.triggers == ("quality_falls",)
    assert decision.reason == "Quality breached 2 times in a row (2 needed)."


def test_one_breach_is_not_enough_unless_the_project_says_so() -> None:
    assert not decided(drift=findings("breach", "ok")).decision
    assert decided({"in_a_row": 1}, drift=findings("breach", "ok")).triggers == ("data_drift",)


def test_breaches_of_another_model_version_do_not_count() -> None:
    assert not decided(drift=findings("breach", "breach", version="1.1.0")).decision


def test_insufficient_data_neither_adds_to_a_streak_nor_ends_it() -> None:
    assert streak(findings("breach", "insufficient_data", "breach", "ok"), "1.2.0") == 2


def test_measuring_the_same_window_twice_is_one_measurement() -> None:
    twice = [*findings("breach"), *findings("breach")]
    minutes_apart = findings("breach", "breach", "breach", every=timedelta(minutes=1))

    assert streak(twice, "1.2.0") == 1
    assert streak(minutes_apart, "1.2.0", apart=DAY / 2) == 1


def test_a_trigger_that_is_switched_off_stays_silent() -> None:
    quality = findings("breach", "breach")

    assert not decided({"when": {"quality_falls": False}}, quality=quality).triggers


def test_an_old_model_retrains() -> None:
    decision = decided(champion=Champion("1.2.0", NOW - 91 * DAY, 100_000))

    assert decision.decision
    assert decision.reason == "Model 1.2.0 is 91 days old (90 days allowed)."


def test_many_new_rows_retrain() -> None:
    decision = decided({"when": {"new_rows": 20_000}}, data=Dataset("1.5.0", 128_000))

    assert decision.triggers == ("new_rows",)
    assert decision.reason == "28,000 rows arrived since model 1.2.0 (20,000 needed)."


def test_a_run_in_progress_is_named_and_blocks_everybody() -> None:
    decision = decided(on_demand_by="ada", running="run-7")

    assert not decision.decision
    assert decision.triggers == ("on_demand",)
    assert decision.reason == "ada asked for it. Not now: run run-7 is in progress."


def test_a_release_in_progress_blocks() -> None:
    assert not decided(quality=findings("breach", "breach"), releasing="rel-1").decision


def test_the_cooldown_blocks_and_says_when_it_ends() -> None:
    decision = decided(quality=findings("breach", "breach"), runs=[run(ago=2 * DAY)])

    assert not decision.decision
    assert decision.reasons[-1] == "Not now: run run-1 was released 2 days ago; the cooldown ends 2013-06-02T00:00:00Z."


@pytest.mark.parametrize("outcome", ["refused", "rolled_back", "failed"])
def test_a_run_in_vain_lengthens_the_cooldown(outcome: str) -> None:
    breached = findings("breach", "breach")

    assert decided(quality=breached, runs=[run("released", ago=4 * DAY)]).decision
    assert not decided(quality=breached, runs=[run(outcome, ago=4 * DAY)]).decision
    assert decided(quality=breached, runs=[run(outcome, ago=7 * DAY)]).decision


def test_the_same_data_again_would_give_the_same_model() -> None:
    breached = findings("breach", "breach")

    decision = decided(quality=breached, runs=[run("refused", data_version="1.5.0")])

    assert not decision.decision
    assert decision.reasons[-1] == "Not now: run run-1 learned from data version 1.5.0, and none is newer."
    assert decided(quality=breached, runs=[run("failed", data_version="1.5.0")]).decision


def test_a_demand_overrides_the_cooldown() -> None:
    assert decided(on_demand_by="ada", runs=[run(ago=DAY, data_version="1.5.0")]).decision


def test_before_the_first_model_the_decision_says_how_to_start() -> None:
    decision = decided(champion=None, quality=findings("breach", "breach"))

    assert not decision.decision
    assert "evergreen run" in decision.reason


def test_several_triggers_are_all_recorded_the_most_urgent_first() -> None:
    decision = decided(quality=findings("breach", "breach"), drift=findings("breach", "breach"))

    assert decision.triggers == ("quality_falls", "data_drift")
    assert decision.to_dict()["triggers"] == ["quality_falls", "data_drift"]
