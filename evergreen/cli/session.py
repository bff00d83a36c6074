"""Which deployment a command speaks to: the one that runs here, or a stage in AWS. The commands cannot tell."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from evergreen.aws.clients import client, forget_clients
from evergreen.aws.deployment import Deployment, find_deployment
from evergreen.aws.ledger import Ledger
from evergreen.aws.objects import Objects
from evergreen.aws.state import StateTable
from evergreen.errors import EvergreenError, NotFound, ProjectError
from evergreen.project import Project
from evergreen.project.reader import read_project
from evergreen.versioning import parse

LOCAL_STAGE = "local"
HOME = ".evergreen"
RECORD = "local.json"


@dataclass(frozen=True)
class Session:
    """One project in one stage, and the adapters that reach it."""

    project: Project
    project_path: Path
    deployment: Deployment

    @cached_property
    def ledger(self) -> Ledger:
        """The deployment's ledger."""
        return Ledger(self.deployment["LedgerTable"])

    @cached_property
    def state(self) -> StateTable:
        """The deployment's state table."""
        return StateTable(self.deployment["StateTable"])

    @cached_property
    def data(self) -> Objects:
        """The data bucket."""
        return Objects(self.deployment["DataBucket"])

    @cached_property
    def artifacts(self) -> Objects:
        """The artifact bucket."""
        return Objects(self.deployment["ArtifactBucket"])

    @cached_property
    def api_url(self) -> str:
        """Where the API answers."""
        if self.deployment.stage != LOCAL_STAGE:
            return self.deployment["ApiUrl"].rstrip("/")
        endpoint = os.environ["AWS_ENDPOINT_URL"].rstrip("/")
        return f"{endpoint}/_aws/execute-api/{self.deployment['ApiId']}/v1"

    @cached_property
    def api_key(self) -> str:
        """The API key's value, read with the operator's own credentials."""
        found = client("apigateway").get_api_key(apiKey=self.deployment["ApiKeyId"], includeValue=True)
        return str(found["value"])

    def model_versions(self) -> list[str]:
        """The registered model versions, oldest first."""
        return sorted((str(each["model_version"]) for each in self.state.list("model")), key=parse)

    def invoke(self, function_output: str, payload: dict[str, Any]) -> Any:
        """Call one of the deployment's functions and return its answer; its error becomes ours."""
        answer = client("lambda").invoke(
            FunctionName=self.deployment[function_output], Payload=json.dumps(payload).encode()
        )
        result = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise EvergreenError(str(result.get("errorMessage", result)))
        return result


def open_session(project: Path | None, stage: str) -> Session:
    """Connect to a stage; for `local`, to the embedded cloud that runs from this folder or a parent of it."""
    if stage == LOCAL_STAGE:
        record = running_record()
        os.environ.update(record["env"])
        project = project or Path(record["project_path"])
    path = project or default_project()
    return open_deployed(read_project(path, stage=stage), path, stage)


def open_deployed(project: Project, path: Path, stage: str) -> Session:
    """A session over the environment as it is."""
    forget_clients()
    return Session(project=project, project_path=path, deployment=find_deployment(project.project, stage))


def default_project() -> Path:
    """`project.yaml` of the current folder, or the file that EVERGREEN_PROJECT names."""
    path = Path(os.environ.get("EVERGREEN_PROJECT", "project.yaml"))
    if not path.exists():
        raise ProjectError([f"{path}: there is no such file here; name a project file with --project"])
    return path


def local_record() -> dict[str, Any]:
    """What `evergreen local up` wrote; NotFound when nothing runs."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        record = folder / HOME / RECORD
        if record.exists():
            found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
            return found
    raise NotFound("no embedded cloud runs here; start one with: evergreen local up --project project.yaml --detach")


def running_record() -> dict[str, Any]:
    """The record of an embedded cloud that still answers."""
    from local.cloud import status

    record = local_record()
    if status(Path(record["home"])) is None:
        raise NotFound("the embedded cloud that was started here has ended, and its data with it; evergreen local up")
    return record


def decision_time(as_of: str | None, stage: str) -> str:
    """`as_of` in ISO form; only stage `local` may choose another time than now."""
    now = datetime.now(UTC)
    if as_of is None:
        return stamp(now)
    if stage != LOCAL_STAGE:
        raise typer.BadParameter(
            f"only stage local can replay another time, and this is stage {stage}", param_hint="--as-of"
        )
    try:
        parsed = datetime.fromisoformat(as_of)
    except ValueError as error:
        sentence = f"{as_of!r} is not a time; write one such as 2013-04-01T00:00:00Z"
        raise typer.BadParameter(sentence, param_hint="--as-of") from error
    return stamp(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def actor() -> str:
    """Who asks: the name of the person on this machine, where it has one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user id without a name
        return "unknown"


def stamp(time: datetime) -> str:
    """A time as every boundary writes it: ISO 8601, UTC, `Z`."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
