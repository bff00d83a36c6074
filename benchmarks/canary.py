"""The release judge by simulation: whole releases at known rates, judged at every look by the code that judges them.

Traffic comes at 50 requests a second; the judge looks as often as the plan says. Three signals are watched: errors,
slow answers and moved scores. Beside it, the rule that is usually written: roll back at any look at which the error
rate so far is above its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.line import Line, Target, compare, installed
from evergreen.project.schema import Release, RollBackWhen
from evergreen.releases.health import SLOW_SHARE, Health
from evergreen.releases.judge import next_action
from evergreen.releases.plan import Plan, plan_release
from evergreen.releases.record import ReleaseRecord, begin_bake, begin_step, observe

LIMIT = 0.01
RELEASES = 2000
BROKEN = 500
PER_SECOND = 50
START = datetime(2026, 1, 1, tzinfo=UTC)
SCORES = np.array([0.22, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04, 0.02, 0.01])
FALSE = Target("ours", "<=", 0.01)
POWER = Target("ours", ">=", 0.95)
FEWEST_FOR_RAW = 100  # requests before the usual rule is applied at all


@dataclass(frozen=True)
class Truth:
    """What the challenger really does."""

    errors: float
    slow: float


@dataclass(frozen=True)
class Course:
    """How one simulated release went."""

    rolled_back: bool
    share: float
    requests: int
    raw_alarm: bool


def run() -> Iterator[Line]:
    """Healthy challengers at and below the limits, then one with three times the errors."""
    for label, factor in (("at its limits", 1.0), ("at half of its limits", 0.5)):
        found = _simulate(Truth(errors=LIMIT * factor, slow=SLOW_SHARE * factor), RELEASES)
        yield _line(f"healthy, {label}", "false rollbacks per release", found, FALSE, [c.rolled_back for c in found])
    found = _simulate(Truth(errors=3 * LIMIT, slow=SLOW_SHARE / 2), BROKEN)
    yield _line("3 times the errors", "rolled back", found, POWER, [c.rolled_back for c in found])
    caught = [course.rolled_back and course.share <= 0.05 for course in found]
    yield _line("3 times the errors", "rolled back within 5% of the traffic", found, POWER, caught)


def _line(case: str, metric: str, courses: list[Course], target: Target, hits: list[bool]) -> Line:
    return compare(
        "canary", case, metric, float(np.mean(hits)), better="lower" if target is FALSE else "higher", n=len(courses),
        peer="raw limit at each look", theirs=float(np.mean([course.raw_alarm for course in courses])), target=target,
        versions=installed("numpy"),
    )  # fmt: skip


def _simulate(truth: Truth, releases: int) -> list[Course]:
    random = np.random.default_rng(20130401)
    limits = RollBackWhen(error_rate=LIMIT, model_latency_p99=0.05, score_psi=0.25)
    plan = plan_release(Release(roll_back_when=limits))
    return [_release(plan, truth, random) for _ in range(releases)]


def _release(plan: Plan, truth: Truth, random: np.random.Generator) -> Course:
    """One release to its end, the way the state machine drives the judge."""
    record, health, champion, now = _record(plan), Health(), Health(), START
    share, raw = 0.0, False
    while True:
        record = observe(record, health)
        action = next_action(record, health, now, champion=champion)
        if action.kind in ("roll_back", "settle"):
            return Course(action.kind == "roll_back", share, health.requests, raw)
        if action.kind == "shift":
            share = action.share
            record = begin_step(record, share=share, now=now)
        if action.kind == "promote":
            record = begin_bake(record, now=now)
        now += timedelta(seconds=action.wait_seconds)
        requests = PER_SECOND * action.wait_seconds
        health = _more(health, round(requests * share), truth, random)
        champion = _more(champion, round(requests * (1 - share)), truth, random)
        raw = raw or (health.requests >= FEWEST_FOR_RAW and health.errors > LIMIT * health.requests)


def _more(health: Health, requests: int, truth: Truth, random: np.random.Generator) -> Health:
    scores = random.multinomial(requests, SCORES / SCORES.sum())
    return Health(
        requests=health.requests + requests,
        errors=health.errors + int(random.binomial(requests, truth.errors)),
        slow=health.slow + int(random.binomial(requests, truth.slow)),
        score_bins=tuple(int(a + b) for a, b in zip(health.score_bins, scores, strict=True)),
    )


def _record(plan: Plan) -> ReleaseRecord:
    return ReleaseRecord(
        release_id="r", strategy=plan.strategy, to="1.1.0", as_of="2026-01-01T00:00:00Z",
        requested_by="simulation", trigger="manual", started_at=START, endpoint="e", digest="d",
        artifact_uri="s3://a/m/", plan=plan,
    )  # fmt: skip
