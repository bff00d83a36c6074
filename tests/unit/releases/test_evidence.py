"""The evidence behind a rollback: rarely wrong however often one looks, and quick when something is broken."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from evergreen.releases.evidence import ALPHA, exceeds, log_e_value, psi, psi_beyond_noise
from evergreen.releases.health import Health, find_breach
from evergreen.releases.plan import Limits

LIMIT = 0.01


def ever_exceeds(failures: np.ndarray, *, alpha: float) -> int | None:
    """The first request after which a look raises the alarm; only failures can, so only they are looked at."""
    for seen, at in enumerate(np.flatnonzero(failures), start=1):
        if exceeds(seen, int(at) + 1, LIMIT, alpha=alpha):
            return int(at) + 1
    return None


@pytest.mark.parametrize("rate", [0.002, 0.008, LIMIT])
def test_a_healthy_challenger_is_rolled_back_in_under_one_percent_of_releases_in_spite_of_peeking(rate: float) -> None:
    generator = np.random.default_rng(20130401)

    alarms = sum(ever_exceeds(generator.random(5000) < rate, alpha=ALPHA) is not None for _ in range(1000))

    assert alarms < 10


def test_a_challenger_that_fails_half_of_its_requests_is_caught_within_about_ten() -> None:
    generator = np.random.default_rng(7)

    caught = [ever_exceeds(generator.random(200) < 0.5, alpha=ALPHA / 3) for _ in range(500)]

    assert None not in caught
    assert np.median([at for at in caught if at]) <= 8
    assert np.mean([at <= 14 for at in caught if at]) > 0.95


def test_three_times_the_limit_is_caught_within_a_step() -> None:
    generator = np.random.default_rng(7)

    caught = [ever_exceeds(generator.random(1500) < 3 * LIMIT, alpha=ALPHA) for _ in range(300)]

    assert np.mean([at is not None for at in caught]) >= 0.95


def test_no_requests_are_no_evidence() -> None:
    assert log_e_value(0, 0, LIMIT) == 0


@pytest.mark.parametrize(("limit", "failures", "breach"), [(0.0, 0, False), (0.0, 1, True), (1.0, 10, False)])
def test_limits_at_the_ends_mean_what_they_say(limit: float, failures: int, breach: bool) -> None:
    assert exceeds(failures, 10, limit) is breach


def test_evidence_stays_finite_for_long_releases() -> None:
    assert math.isfinite(log_e_value(900_000, 1_000_000, LIMIT))


def test_the_signals_of_one_release_share_its_false_alarms() -> None:
    assert Limits(error_rate=LIMIT).signals == 1
    assert Limits(error_rate=LIMIT, model_latency_p99=0.05, score_psi=0.25).signals == 3


def test_slow_answers_are_a_breach_of_the_latency_limit() -> None:
    limits = Limits(error_rate=LIMIT, model_latency_p99=0.05)

    assert find_breach(limits, Health(requests=100, slow=1)) is None
    assert find_breach(limits, Health(requests=100, slow=20)) == (
        "model latency p99 above 50 ms: 20 of 100 answers were slower"
    )


def test_equal_scores_do_not_breach_the_psi_limit_and_moved_ones_do() -> None:
    limits, generator = Limits(error_rate=LIMIT, score_psi=0.25), random.Random(1)

    def scores(shift: float) -> tuple[int, ...]:
        found = [min(max(generator.gauss(0.4 + shift, 0.15), 0), 0.999) for _ in range(1000)]
        return tuple(sum(int(score * 10) == index for score in found) for index in range(10))

    champion = Health(requests=1000, score_bins=scores(0))
    for _ in range(50):
        assert find_breach(limits, Health(requests=1000, score_bins=scores(0)), champion) is None
    assert "scores moved" in (find_breach(limits, Health(requests=1000, score_bins=scores(0.2)), champion) or "")


def test_few_scores_say_nothing() -> None:
    assert psi((5, 0), (0, 5)) > 1
    assert psi_beyond_noise((5, 0), (0, 5)) < 0


def test_health_counts_from_a_baseline() -> None:
    before, now = Health(requests=5, errors=2), Health(requests=9, errors=2, slow=1)

    assert now.since(before) == Health(requests=4, slow=1)
