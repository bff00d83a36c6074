"""`release` and `rollback`: which model version answers."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any, Literal

import typer

from evergreen.aws import machines
from evergreen.cli.follow import POLL_SECONDS, confirm, follow
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage, Wait
from evergreen.cli.output import show
from evergreen.cli.progress import Steps
from evergreen.cli.session import Session, actor, decision_time, open_session
from evergreen.errors import NotFound, ReleaseInProgress

CLOSING_SECONDS = 60.0
Strategy = Annotated[
    Literal["canary", "all_at_once"] | None, typer.Option("--strategy", help="Default: the project's release.strategy.")
]


def release(
    model_version: Annotated[str, typer.Argument(metavar="VERSION", help="A registered model version, such as 1.2.0.")],
    project: ProjectFile = None,
    stage: Stage = "local",
    wait: Wait = False,
    strategy: Strategy = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Release a registered model version; it rolls itself back when the traffic says so."""
    at = decision_time(as_of, stage)
    session = open_session(project, stage)
    _check(session, model_version)
    payload = {
        "model_version": model_version,
        "strategy": strategy,
        "as_of": at,
        "requested_by": actor(),
        "trigger": "manual",
    }
    name = f"release-{model_version.replace('.', '-')}-{uuid.uuid4().hex[:8]}"
    execution = machines.start(session.deployment["ReleaseMachineArn"], name, payload)
    if not wait:
        confirm(execution)
        text = f"started {name}; look at it: evergreen status"
        show({"release_id": name, "execution": execution}, json_=json_, text=text)
        return
    outcome = follow(session, execution, quiet=json_).result()
    show(outcome, json_=json_, text=release_line(model_version, outcome))
    if outcome["outcome"] != "promoted":
        raise typer.Exit(1)


def rollback(project: ProjectFile = None, stage: Stage = "local", as_of: AsOf = None, json_: Json = False) -> None:
    """Go back: end the release in progress, or return to the champion before this one."""
    from evergreen.aws.traffic import TrafficTable, roll_back

    at = decision_time(as_of, stage)
    session = open_session(project, stage)
    with Steps(quiet=json_) as steps:
        _let_it_close(session, steps)
    done = roll_back(
        TrafficTable(session.state, salt=session.deployment.name),
        session.ledger,
        release_machine=session.deployment["ReleaseMachineArn"],
        as_of=at,
        actor=actor(),
    )
    text = {
        "withdrawn": f"the release of {done.from_version} is withdrawn; {done.to_version} answers",
        "switched": f"{done.to_version} answers again in place of {done.from_version}",
        "releasing": f"{done.to_version} has no endpoint any more; it is being released again: evergreen status",
    }[done.how]
    show(vars(done), json_=json_, text=text)


def release_line(model_version: str, outcome: dict[str, Any]) -> str:
    """One line for a finished release."""
    reason = str(outcome["reason"]).removeprefix("InvalidRequest: ")
    return f"{str(outcome['outcome']).replace('_', ' ')}: model {model_version} ({reason})"


def _check(session: Session, model_version: str) -> None:
    """NotFound or ReleaseInProgress before anything starts; the release itself checks again."""
    if session.state.get("model", model_version) is None:
        known = ", ".join(session.model_versions()) or "none; train one: evergreen run"
        raise NotFound(f"model version {model_version} is not registered; those that are: {known}")
    if going := machines.running(session.deployment["ReleaseMachineArn"]):
        raise ReleaseInProgress(f"the release {going} is in progress; wait for it, or end it: evergreen rollback")


def _let_it_close(session: Session, steps: Steps) -> None:
    """Wait for a release that has given the traffic up and is still removing its endpoint: it may be the one needed."""
    deadline = time.monotonic() + CLOSING_SECONDS
    while (going := machines.running(session.deployment["ReleaseMachineArn"])) and _is_closing(session, going):
        if time.monotonic() > deadline:
            raise ReleaseInProgress(f"the release {going} is still removing its endpoint; try again in a moment")
        steps.now(f"wait for the release {going} to clean up")
        time.sleep(POLL_SECONDS)


def _is_closing(session: Session, release_id: str) -> bool:
    """Whether a release had the traffic table and does not hold it any more."""
    traffic = session.state.get("traffic") or {}
    return session.state.get("release", release_id) is not None and traffic.get("release_id") is None


COMMANDS = [release, rollback]
