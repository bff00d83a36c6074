"""`run`, `status`, `release`, `rollback` and `destroy`: models from training to the end."""

from __future__ import annotations

import getpass
import uuid
from typing import Annotated, Any

import typer

from evergreen.aws import machines
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage, Wait
from evergreen.cli.output import cell, console, show, speaker
from evergreen.cli.session import Session, decision_time, open_session
from evergreen.errors import ReleaseInProgress, RunInProgress


def run(
    project: ProjectFile = None, stage: Stage = "local", wait: Wait = False, as_of: AsOf = None, json_: Json = False
) -> None:
    """Start the training pipeline: validate, prepare, train, evaluate, judge, register, release."""
    session = open_session(project, stage)
    if lock := session.state.get("run_lock"):
        raise RunInProgress(f"the run {lock['run_id']} is in progress since {lock['since']}; wait for it to end")
    payload = {
        "trigger": "manual",
        "as_of": decision_time(as_of, stage),
        "requested_by": getpass.getuser(),
        "reasons": ["asked for on the command line"],
    }
    name = f"run-{uuid.uuid4().hex[:12]}"
    execution = machines.start(session.deployment["TrainingMachineArn"], name, payload)
    if not wait:
        show({"run_id": name, "execution": execution}, json_=json_, text=f"started {name}; follow it: evergreen status")
        return
    outcome = follow(execution, quiet=json_).result()
    show(outcome, json_=json_, text=run_line(outcome))


def release(
    model_version: Annotated[str, typer.Argument(help="The model version to release, such as 1.2.0.")],
    project: ProjectFile = None,
    stage: Stage = "local",
    wait: Wait = False,
    strategy: Annotated[str | None, typer.Option("--strategy", help="canary or all_at_once.")] = None,
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Release a registered model version; it rolls itself back when the traffic says so."""
    session = open_session(project, stage)
    if lock := session.state.get("release_lock"):
        raise ReleaseInProgress(f"the release {lock['release_id']} is in progress; wait for it, or roll it back")
    payload = {
        "model_version": model_version,
        "strategy": strategy,
        "as_of": decision_time(as_of, stage),
        "requested_by": getpass.getuser(),
        "trigger": "manual",
    }
    name = f"release-{model_version.replace('.', '-')}-{uuid.uuid4().hex[:8]}"
    execution = machines.start(session.deployment["ReleaseMachineArn"], name, payload)
    if not wait:
        text = f"started {name}; follow it: evergreen status"
        show({"release_id": name, "execution": execution}, json_=json_, text=text)
        return
    outcome = follow(execution, quiet=json_).result()
    text = f"{outcome['outcome']}: model {outcome['model_version']} ({outcome['reason']})"
    show(outcome, json_=json_, text=text)


def rollback(project: ProjectFile = None, stage: Stage = "local", as_of: AsOf = None, json_: Json = False) -> None:
    """Go back: end the release in progress, or return to the champion before this one."""
    from evergreen.aws.traffic import TrafficTable, roll_back

    session = open_session(project, stage)
    done = roll_back(
        TrafficTable(session.state, salt=session.deployment.name),
        session.ledger,
        release_machine=session.deployment["ReleaseMachineArn"],
        as_of=decision_time(as_of, stage),
        actor=getpass.getuser(),
    )
    text = {
        "withdrawn": f"the release of {done.from_version} is withdrawn; {done.to_version} answers",
        "switched": f"{done.to_version} answers again in place of {done.from_version}",
        "releasing": f"{done.to_version} has no endpoint any more; it is being released again: evergreen status",
    }[done.how]
    show(vars(done), json_=json_, text=text)


def status(project: ProjectFile = None, stage: Stage = "local", json_: Json = False) -> None:
    """What serves, what runs, and what was decided last."""
    session = open_session(project, stage)
    value = _status(session)
    lines = [f"{name.replace('_', ' '):14} {cell(found)}" for name, found in value.items()]
    show(value, json_=json_, text="\n".join(lines))


def destroy(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Remove the deployment: run-time endpoints first, then the stacks; says what it keeps."""
    from evergreen.aws.teardown import tear_down

    session = open_session(project, stage)
    if not yes:
        typer.confirm(f"Remove {session.deployment.name} with its endpoints and stacks?", abort=True)
    removed = tear_down(session.deployment, keep_data=session.project.protect_data, say=speaker(quiet=json_))
    kept = f"\nkept: {', '.join(removed['kept'])}" if removed["kept"] else ""
    show(removed, json_=json_, text=f"{session.deployment.name} is removed{kept}")


def follow(execution: str, *, quiet: bool) -> machines.Ending:
    """Wait for an execution, showing each state as it is entered."""
    if quiet:
        return machines.wait(execution)
    with console.status("starting") as status_line:

        def on_state(name: str) -> None:
            console.print(f"  {name}", style="dim")
            status_line.update(name)

        return machines.wait(execution, on_state=on_state)


def run_line(outcome: dict[str, Any]) -> str:
    """One line for a finished run."""
    metrics = outcome.get("metrics") or {}
    why = f" ({'; '.join(outcome.get('judgement_reasons') or [])})" if outcome.get("judgement_reasons") else ""
    model = f" model {outcome['model_version']}" if outcome.get("model_version") else ""
    return f"{outcome['outcome']}:{model}{why}\n{cell(metrics)}"


def _status(session: Session) -> dict[str, Any]:
    traffic = session.state.get("traffic") or {}
    champion, challenger = traffic.get("champion") or {}, traffic.get("challenger") or {}
    run_lock, release_lock = session.state.get("run_lock") or {}, session.state.get("release_lock") or {}
    last_run = next(iter(session.ledger.query("run", limit=1)), None)
    decision = next(iter(session.ledger.query("decision", limit=1)), None)
    return {
        "deployment": session.deployment.name,
        "api": session.api_url,
        "champion": champion.get("model_version"),
        "challenger": challenger.get("model_version"),
        "share": traffic.get("share") if challenger else None,
        "run": run_lock.get("run_id"),
        "release": release_lock.get("release_id"),
        "last_run": f"{last_run.subject}: {last_run.evidence.get('outcome')}" if last_run else None,
        "last_decision": f"{decision.at}: {decision.evidence.get('reason')}" if decision else None,
    }


COMMANDS = [run, status, release, rollback, destroy]
