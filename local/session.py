"""The embedded cloud as `evergreen local` keeps it: started, deployed into, described, followed, stopped."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evergreen.cli.session import LOCAL_STAGE, RECORD, open_deployed
from evergreen.errors import NotFound
from evergreen.project.reader import read_project
from local.cloud import LocalCloud
from local.cloud import status as engine_status
from local.deploy import deploy, synth

Say = Callable[[str], None]


def start(home: Path, project: Path, *, say: Say) -> dict[str, Any]:
    """Start (or find) the cloud of `home`, deploy the project's stacks, and record how to reach them."""
    resolved = read_project(project, stage=LOCAL_STAGE)
    running = engine_status(home) is not None
    say("find the embedded cloud" if running else "start the embedded cloud")
    cloud = LocalCloud.attach(home) if running else LocalCloud.start(home, detach=True)
    os.environ.update(cloud.env)
    try:
        say("synthesize the templates")
        out = home / "cdk.out"
        synth(project, LOCAL_STAGE, out)
        deploy(cloud, out, lambda event: _tell(event, say))
    except BaseException:
        if not running:
            stop(home)
        raise
    session = open_deployed(resolved, project, LOCAL_STAGE)
    record = {
        "home": str(home.resolve()),
        "project": resolved.project,
        "project_path": str(project.resolve()),
        "env": cloud.env,
        "endpoint": cloud.endpoint,
        "pid": cloud.pid,
        "api_url": session.api_url,
        "api_key": session.api_key,
    }
    _write(home / RECORD, record)
    return record


def describe(home: Path) -> dict[str, Any]:
    """The record of what runs, with whether it really does."""
    record: dict[str, Any] = json.loads((home / RECORD).read_text(encoding="utf-8"))
    running = engine_status(home) is not None
    return {"running": running} | {name: value for name, value in record.items() if name != "env"}


def stop(home: Path) -> None:
    """Stop the cloud of `home` and remove everything that it kept."""
    if engine_status(home) is not None:
        LocalCloud.attach(home).stop()
    shutil.rmtree(home, ignore_errors=True)


def log_lines(home: Path, name: str | None, *, follow: bool) -> Iterator[str]:
    """Lines of the engine's log, or of every log below `home` whose path holds `name`; `follow` never ends."""
    files = [home / "engine.log"] if name is None else sorted(path for path in home.rglob("*.log") if name in str(path))
    files = [path for path in files if path.exists()]
    if not files:
        raise NotFound(f"no log of {name or 'the engine'} in {home}")
    read = dict.fromkeys(files, 0)
    while True:
        for path in files:
            with path.open(encoding="utf-8", errors="replace") as log:
                log.seek(read[path])
                prefix = f"{path.stem}: " if len(files) > 1 else ""
                yield from (prefix + line.rstrip("\n") for line in log)
                read[path] = log.tell()
        if not follow:
            return
        time.sleep(0.5)


def _tell(event: str, say: Say) -> None:
    """`flights-local-storage CREATE_IN_PROGRESS` as a step of the deployment; its end is the next one's begin."""
    name, _, status = event.partition(" ")
    if status.endswith("_IN_PROGRESS"):
        say("upload the assets" if name == "assets" else f"{status.split('_')[0].lower()} {name}")


def _write(path: Path, record: dict[str, Any]) -> None:
    """Whole or not at all, and readable by its owner only: it holds the API key."""
    handle, partial = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as out:
        json.dump(record, out, indent=2)
    Path(partial).replace(path)
