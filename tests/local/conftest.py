"""One embedded cloud with a stub image for the tests of this folder, and a deployed app in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.deploy import Outputs, deploy, synth
from tests.local.world import World, world_of_parcels

HERE = Path(__file__).parent
collect_ignore = ["app", "functions", "image"]  # run by the engine, not by pytest
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/stub:1"
ROLE = "arn:aws:iam::000000000000:role/job"


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table that maps the stub image to its scripts."""
    path = tmp_path_factory.mktemp("images") / "images.json"
    commands = {role: [sys.executable, str(HERE / "image" / f"{role}.py")] for role in ("train", "serve", "job")}
    commands["job"].append("{name}")
    path.write_text(json.dumps({"stub": commands}))
    return path


@pytest.fixture(scope="session")
def cloud(images: Path) -> Iterator[LocalCloud]:
    with LocalCloud.start(images=images) as started:
        started.client("s3").create_bucket(Bucket="data")
        yield started


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthesized test app."""
    return synth(HERE / "project.yaml", "local", tmp_path_factory.mktemp("cdk"), app=HERE / "app" / "app.py")


@pytest.fixture(scope="session")
def outputs(cloud: LocalCloud, assembly: Path) -> Outputs:
    return deploy(cloud, assembly)


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Parcels, deployed by the project's own templates; nothing is committed yet."""
    with world_of_parcels(tmp_path_factory.mktemp("parcels")) as made:
        yield made


@pytest.fixture
def in_world(aws_environment: None, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of a test reach the world's cloud."""
    for name, value in world.cloud.env.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="package")
def first_run(world: World) -> dict[str, Any]:
    """Three months are committed and the first run is over: its record."""
    world.told("data", "commit", str(world.folder / "first"), "--as-of", "2013-04-01")
    outcome: dict[str, Any] = world.told("run", "--wait", "--as-of", "2013-04-01")
    return outcome
