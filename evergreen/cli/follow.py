"""Following an execution: each of its stages with the time that it took."""

from __future__ import annotations

import time
from typing import Any

from evergreen.aws import machines
from evergreen.cli.output import errors
from evergreen.cli.progress import Steps
from evergreen.cli.session import Session

POLL_SECONDS = 0.5
# State -> the stage that a person knows; waits and choices belong to the stage before them.
STAGES = {
    "ProfileVersion": "profile",
    "ValidateData": "validate",
    "Prepare": "prepare",
    "Train": "train",
    "Evaluate": "evaluate",
    "JudgeModel": "judge",
    "RegisterModel": "register",
    "Release": "release",
    "StartRelease": "start the endpoint",
    "SmokeTest": "smoke test",
    "AdvanceRelease": "move traffic",
    "FinishRelease": "clean up",
    "FindMissing": "look for profiles",
    "ProfileObjects": "profile objects",
    "MergeProfiles": "merge profiles",
}
MOVING_TRAFFIC = ("release", "move traffic")


def follow(session: Session, execution: str, *, quiet: bool) -> machines.Ending:
    """Wait for an execution, showing its stages as they end."""
    name = execution.rsplit(":", 1)[-1]
    with Steps(quiet=quiet) as steps:
        told = 0
        try:
            while True:
                ending = machines.ending(execution)
                stages = [] if quiet else stages_of(machines.visits(execution))
                done = len(stages) if ending else len(stages) - 1
                for stage in stages[told : max(done, told)]:
                    steps.done(stage.name, stage.seconds, failed=stage.failed)
                told = max(done, told)
                if ending:
                    return ending
                if stages:
                    steps.now(stages[-1].name + _detail(session, execution, stages[-1].name))
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            errors.print(f"{name} goes on without you; look at it: evergreen status")
            raise


def confirm(execution: str) -> None:
    """Wait until the first state has let the execution begin; its refusal becomes a sentence."""
    while True:
        ending = machines.ending(execution)
        if ending:
            ending.result()
            return
        if any(visit.exited for visit in machines.visits(execution)):
            return
        time.sleep(POLL_SECONDS)


class Stage:
    """Consecutive states that are one stage to a person."""

    def __init__(self, name: str, visit: machines.Visit) -> None:
        self.name = name
        self.first = self.last = visit

    @property
    def seconds(self) -> float:
        """From entering its first state to leaving its last."""
        return ((self.last.exited or self.last.entered) - self.first.entered).total_seconds()

    @property
    def failed(self) -> bool:
        """Whether it ended in failure."""
        return self.last.failed


def stages_of(visits: list[machines.Visit]) -> list[Stage]:
    """The stages of an execution; states that no person asks about are left out."""
    stages: list[Stage] = []
    for visit in visits:
        name = STAGES.get(visit.name)
        if name is None:
            continue
        if stages and stages[-1].name == name:
            stages[-1].last = visit
        else:
            stages.append(Stage(name, visit))
    return stages


def current_stage(execution: str) -> str | None:
    """The stage that an execution is in; None before its first."""
    stages = stages_of(machines.visits(execution))
    return stages[-1].name if stages else None


def _detail(session: Session, execution: str, stage: str) -> str:
    """How far a long stage is."""
    if stage != "profile objects":
        return _traffic(session, stage)
    share = machines.map_share(execution)
    return "" if share is None else f": {share:.0%}"


def _traffic(session: Session, stage: str) -> str:
    """How far the challenger has come: its share, and the requests of the step."""
    lock = session.state.get("release_lock") if stage in MOVING_TRAFFIC else None
    record = session.state.get("release", lock["release_id"]) if lock else None
    if not record or not record["steps"]:
        return ""
    step = record["steps"][-1]
    planned: dict[str, Any] = next((each for each in record["plan"]["steps"] if each["share"] == step["share"]), {})
    wanted = f" of {planned['requests']:,}" if planned.get("requests") else ""
    return f": {step['share']:.0%} of the traffic to {record['to']}, {step['requests']:,}{wanted} requests"
