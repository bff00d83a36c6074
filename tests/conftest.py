"""What every test shares: no real AWS, no sockets in unit tests, a deployed project on the path."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from evergreen.aws.clients import forget_clients
from evergreen.project import Project
from evergreen.project.reader import parse_project

settings.register_profile("untimed", deadline=None)  # a machine may be busy with other work
settings.load_profile("untimed")

LONGEST = ("tests/local/", "tests/unit/training/", "tests/unit/data/test_safety.py")

SMALL_PROJECT = """\
project: churn
target: {name: churn, positive: "Yes"}
data: {dataset: customers}
objective: {problem: binary_classification, metric: roc_auc}
"""


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Which tests share a process: those of a file, for its fixtures; all of the functions, for what they ask for is
    compared at the end; and all of the embedded cloud, for one world is deployed for them.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in ("tests/lambdas/", "tests/local/") if path.startswith(folder)), path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no process is left with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """How `pytest -n` spreads the tests."""
    return Sharing(config, log)


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials that open nothing, one region, and clients of this test alone."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    forget_clients()
    yield
    forget_clients()


@pytest.fixture(autouse=True)
def no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests reach nothing: a connection is an error that names the test."""
    if "unit" not in request.node.path.parts or request.node.get_closest_marker("loopback"):
        return

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError(f"{request.node.nodeid} opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def deploy_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """Put a project where functions find theirs: the `deployed` package of the `project` layer."""
    from evergreen.aws.deployed import deployed_project

    def deploy(text: str = SMALL_PROJECT, stage: str = "local") -> Project:
        project = parse_project(text, stage=stage)
        package = tmp_path / "layer" / "deployed"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "project.json").write_text(project.model_dump_json(by_alias=True))
        monkeypatch.syspath_prepend(str(package.parent))
        monkeypatch.delitem(sys.modules, "deployed", raising=False)
        deployed_project.cache_clear()
        return project

    return deploy
