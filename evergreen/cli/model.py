"""`run`, `status` and `destroy`: a deployment from its first model to its end."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import typer

from evergreen.aws import machines
from evergreen.cli.follow import confirm, current_stage, follow
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage, Wait
from evergreen.cli.output import cell, show, show_facts
from evergreen.cli.progress import Steps
from evergreen.cli.session import Session, actor, decision_time, open_session
from evergreen.errors import RunInProgress


def run(
    project: ProjectFile = None, stage: Stage = "local", wait: Wait = False, as_of: AsOf = None, json_: Json = False
) -> None:
    """Start the training pipeline: validate, prepare, train, evaluate, judge, register, release."""
    at = decision_time(as_of, stage)
    session = open_session(project, stage)
    machine = session.deployment["TrainingMachineArn"]
    if going := machines.running(machine):
        raise RunInProgress(f"the run {going} is in progress; wait for it to end: evergreen status")
    payload = {
        "trigger": "manual",
        "as_of": at,
        "requested_by": actor(),
        "reasons": ["asked for on the command line"],
    }
    name = f"run-{uuid.uuid4().hex[:12]}"
    execution = machines.start(machine, name, payload)
    if not wait:
        confirm(execution)
        show(
            {"run_id": name, "execution": execution}, json_=json_, text=f"started {name}; look at it: evergreen status"
        )
        return
    outcome = follow(session, execution, quiet=json_).result()
    show(outcome, json_=json_, text=run_line(outcome))


def status(project: ProjectFile = None, stage: Stage = "local", json_: Json = False) -> None:
    """What serves, what runs, and what was decided last."""
    session = open_session(project, stage)
    show_facts(_status(session), json_=json_)


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
    with Steps(quiet=json_) as steps:
        removed = tear_down(session.deployment, keep_data=session.project.protect_data, say=steps.begin)
    kept = f"\nkept: {', '.join(removed['kept'])}" if removed["kept"] else ""
    show(removed, json_=json_, text=f"{session.deployment.name} is removed{kept}")


def run_line(outcome: dict[str, Any]) -> str:
    """What a finished run comes to, for a person."""
    model = f" model {outcome['model_version']}" if outcome.get("model_version") else ""
    if outcome["outcome"] == "answered":
        return f"nothing to do:{model} was made from this very data, code and recipe"
    lines = [f"{str(outcome['outcome']).replace('_', ' ')}:{model or ' the new model'}"]
    lines += [f"  {reason}" for reason in outcome.get("judgement_reasons") or []]
    if outcome.get("metrics"):
        lines.append(f"  on the test rows: {cell(outcome['metrics'])}")
    return "\n".join(lines)


def _status(session: Session) -> dict[str, Any]:
    traffic = session.state.get("traffic") or {}
    champion, challenger = traffic.get("champion") or {}, traffic.get("challenger") or {}
    training = session.deployment["TrainingMachineArn"]
    going = machines.running(training)
    last_run = next(iter(session.ledger.query("run", limit=1)), None)
    decision = next(iter(session.ledger.query("decision", limit=1)), None)
    return {
        "deployment": session.deployment.name,
        "api": session.api_url,
        "champion": champion.get("model_version"),
        "challenger": challenger.get("model_version"),
        "share": traffic.get("share") if challenger else None,
        "registered": session.model_versions(),
        "run": going,
        "run_stage": current_stage(machines.execution_arn(training, going)) if going else None,
        "release": machines.running(session.deployment["ReleaseMachineArn"]),
        "last_run": f"{last_run.subject}: {last_run.evidence.get('outcome')}" if last_run else None,
        "last_decision": f"{decision.at}: {decision.evidence.get('reason')}" if decision else None,
    }


COMMANDS = [run, status]
