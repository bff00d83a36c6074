"""Triggers in, decision out: whether to retrain, from the state as of a time and never from a lost event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from evergreen.project.schema import Retraining
from evergreen.wording import number_of

Trigger = Literal["on_demand", "quality_falls", "data_drift", "older_than", "new_rows"]

# An unsuccessful run lengthens the cooldown by itself once; more than this many in a row lengthen it no further.
MOST_COOLDOWNS = 4
UNSUCCESSFUL = ("refused", "rolled_back", "failed")


@dataclass(frozen=True)
class Champion:
    """The model version that answers: how old it is, and how many rows it learned from."""

    model_version: str
    as_of: datetime
    data_rows: int


@dataclass(frozen=True)
class Finding:
    """One monitor's verdict on one window."""

    at: datetime
    model_version: str
    verdict: str


@dataclass(frozen=True)
class PastRun:
    """A training run that ended."""

    run_id: str
    as_of: datetime
    outcome: str
    data_version: str | None


@dataclass(frozen=True)
class Dataset:
    """The newest data version."""

    version: str
    rows: int


@dataclass(frozen=True)
class Situation:
    """Everything a decision looks at. `runs`, `quality` and `drift` are newest first."""

    champion: Champion | None
    data: Dataset | None
    quality: Sequence[Finding] = ()
    drift: Sequence[Finding] = ()
    quality_every: timedelta = timedelta(0)
    drift_every: timedelta = timedelta(0)
    runs: Sequence[PastRun] = ()
    running: str | None = None
    releasing: str | None = None
    on_demand_by: str | None = None


@dataclass(frozen=True)
class Decision:
    """The recorded yes or no. `reasons` are sentences: why it should retrain, then what stands against it."""

    at: datetime
    decision: bool
    triggers: tuple[Trigger, ...]
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """All reasons as one text."""
        return " ".join(self.reasons)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return {
            "decision": self.decision,
            "triggers": list(self.triggers),
            "reason": self.reason,
            "reasons": list(self.reasons),
        }


def decide(rules: Retraining, situation: Situation, *, as_of: datetime) -> Decision:
    """Retrain when a trigger holds and nothing stands against it."""
    held = triggers(rules, situation, as_of)
    if not held:
        nothing = "No model serves yet; start the first run with `evergreen run`."
        return Decision(as_of, False, (), ("No trigger holds." if situation.champion else nothing,))
    against = obstacles(rules, situation, as_of)
    return Decision(as_of, not against, tuple(held), (*held.values(), *against))


def triggers(rules: Retraining, situation: Situation, as_of: datetime) -> dict[Trigger, str]:
    """Return the triggers that hold, each with its sentence, the most urgent first."""
    held: dict[Trigger, str | None] = {}
    if situation.on_demand_by:
        held["on_demand"] = f"{situation.on_demand_by} asked for it."
    champion, when = situation.champion, rules.when
    if champion is not None:
        if when.quality_falls:
            breaches = streak(situation.quality, champion.model_version, apart=situation.quality_every / 2)
            held["quality_falls"] = _in_a_row("Quality", breaches, rules.in_a_row)
        if when.data_drift:
            breaches = streak(situation.drift, champion.model_version, apart=situation.drift_every / 2)
            held["data_drift"] = _in_a_row("Drift", breaches, rules.in_a_row)
        held["older_than"] = _age(champion, when.older_than, as_of)
        held["new_rows"] = _new_rows(champion, situation.data, when.new_rows)
    return {trigger: sentence for trigger, sentence in held.items() if sentence}


def streak(findings: Sequence[Finding], model_version: str, *, apart: timedelta = timedelta(0)) -> int:
    """Count the newest consecutive breaches of one model version.

    Insufficient data neither adds nor ends. Measuring the same window twice is one measurement: findings closer
    together than `apart` count once, as the newest of them.
    """
    count, last = 0, None
    for finding in findings:
        if finding.model_version != model_version or finding.verdict == "insufficient_data":
            continue
        if last is not None and (finding.at == last or last - finding.at < apart):
            continue
        if finding.verdict != "breach":
            break
        count, last = count + 1, finding.at
    return count


def obstacles(rules: Retraining, situation: Situation, as_of: datetime) -> list[str]:
    """Return what stands against a run, as sentences. A person's demand overrides all but what is going on."""
    if situation.running:
        return [f"Not now: run {situation.running} is in progress."]
    if situation.releasing:
        return [f"Not now: release {situation.releasing} is moving traffic."]
    if situation.on_demand_by or not situation.runs:
        return []
    last = situation.runs[0]
    ends = last.as_of + cooldown(rules, situation.runs)
    if as_of < ends:
        ended = f"run {last.run_id} was {last.outcome} {_days(as_of - last.as_of)} ago"
        return [f"Not now: {ended}; the cooldown ends {ends:%Y-%m-%dT%H:%M:%SZ}."]
    if situation.data and last.data_version == situation.data.version and last.outcome != "failed":
        return [f"Not now: run {last.run_id} learned from data version {last.data_version}, and none is newer."]
    return []


def cooldown(rules: Retraining, runs: Sequence[PastRun]) -> timedelta:
    """Return the pause after the last run: once more for each newest run in a row that brought no new champion.

    >>> run = PastRun("r1", datetime(2013, 4, 1), "refused", "1.1.0")
    >>> cooldown(Retraining(cooldown="3d"), [run]).days
    6
    """
    in_vain = 0
    for run in runs:
        if run.outcome not in UNSUCCESSFUL:
            break
        in_vain += 1
    return rules.cooldown * min(1 + in_vain, MOST_COOLDOWNS)


def _in_a_row(what: str, breaches: int, needed: int) -> str | None:
    times = "once" if breaches == 1 else f"{breaches} times in a row"
    return f"{what} breached {times} ({needed} needed)." if breaches >= needed else None


def _age(champion: Champion, limit: timedelta | None, as_of: datetime) -> str | None:
    age = as_of - champion.as_of
    if limit is None or age < limit:
        return None
    return f"Model {champion.model_version} is {_days(age)} old ({_days(limit)} allowed)."


def _new_rows(champion: Champion, data: Dataset | None, limit: int | None) -> str | None:
    if limit is None or data is None or data.rows - champion.data_rows < limit:
        return None
    rows = number_of(data.rows - champion.data_rows, "row")
    return f"{rows} arrived since model {champion.model_version} ({limit:,} needed)."


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):.3g} days"
