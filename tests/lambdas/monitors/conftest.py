"""A deployment in moto, and the environment of the monitors' functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from evergreen.project import Project
from tests.lambdas.monitors.world import PROJECT, World, create_storage


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, deploy_project: Callable[[str], Project]) -> Iterator[World]:
    """Storage without a model, the project deployed."""
    deploy_project(PROJECT)
    for name, value in {
        "DATA_BUCKET": "data",
        "ARTIFACT_BUCKET": "artifacts",
        "STATE_TABLE": "state",
        "LEDGER_TABLE": "ledger",
        "DEPLOYMENT": "flights-local",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield create_storage()
