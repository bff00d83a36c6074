"""The loop's world: parcels in one embedded cloud, worked with by commands, over HTTP and in the records."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from evergreen.aws.clients import client
from evergreen.cli.main import app
from evergreen.cli.session import HOME, Session, open_deployed
from evergreen.project.reader import read_project
from local.cloud import LocalCloud
from local.demo.progress import Progress
from local.demo.replay import Month
from local.demo.run import Story
from local.session import start, stop
from tests.local.parcels import PROJECT, write_months
from tests.local.processes import mentioning, wait_until_gone


@dataclass(frozen=True)
class Answered:
    """One line of the audit log: when which endpoint answered a request, and whether it failed."""

    at: datetime
    endpoint: str
    failed: bool


@dataclass(frozen=True)
class World:
    """A deployed project, and the folder in which its commands run."""

    folder: Path
    cloud: LocalCloud
    session: Session
    story: Story

    def command(self, *arguments: str) -> Result:
        """Run `evergreen …` here."""
        with contextlib.chdir(self.folder):
            return CliRunner().invoke(app, list(arguments))

    def told(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        result = self.command(*arguments, "--json")
        if result.exception:
            raise result.exception
        return json.loads(result.stdout)

    def entries(self, kind: Any) -> list[dict[str, Any]]:
        """The evidence of the ledger's entries of a kind, oldest first."""
        entries = sorted(self.session.ledger.query(kind), key=lambda entry: entry.recorded_at)
        return [entry.evidence for entry in entries]

    def traffic(self) -> dict[str, Any]:
        """The traffic table."""
        return self.session.state.get("traffic") or {}

    def audit(self, since: datetime) -> list[Answered]:
        """Every request that reached a model since then, in the order of the log."""
        group = f"/aws/lambda/{self.session.deployment['PredictFunction']}"
        asked = {"filterPattern": '"features_hash"', "startTime": int(since.timestamp() * 1000)}
        pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, **asked)
        return [_answered(json.loads(event["message"])) for page in pages for event in page["events"]]


@contextlib.contextmanager
def world_of_parcels(folder: Path) -> Iterator[World]:
    """Deploy the parcels project; afterwards no process and no file of the cloud is left."""
    home, project = folder / HOME, folder / "project.yaml"
    project.write_text(PROJECT)
    write_months(folder / "first", range(1, 4))
    write_months(folder / "data", range(4, 6))
    with LocalCloud.start(home) as cloud, pytest.MonkeyPatch.context() as environment:
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        start(home, project, say=lambda _text: None)
        session = open_deployed(read_project(project, stage="local"), project, "local")
        story = Story(cloud, session, Progress(Console(quiet=True)), folder / "data")
        yield World(folder, cloud, session, story)
        stop(home)
    wait_until_gone(lambda: mentioning(str(home)) + mentioning(f"\0{cloud.pid}\0"))
    assert not home.exists()


@contextlib.contextmanager
def calling(world: World, month: Month) -> Iterator[None]:
    """Callers go on calling as long as the block lasts."""
    over = threading.Event()
    caller = threading.Thread(target=world.story.callers.send_while, args=(month, lambda: not over.is_set()))
    caller.start()
    try:
        yield
    finally:
        over.set()
        caller.join()


def _answered(line: dict[str, Any]) -> Answered:
    at = datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)
    return Answered(at, line["endpoint"], failed=bool(line["Errors"]))
