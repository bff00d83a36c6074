"""One synthesis for all template tests: an unprotected deployment and a protected one."""

from __future__ import annotations

import os

import pytest

import app

os.environ.setdefault("JSII_NODE", app._node())
os.environ["CDK_VALIDATION"] = "false"

from tests.stacks.synthesis import Synthesis, synthesize_stage


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """The stage `local`, where nothing is protected."""
    return synthesize_stage("local", tmp_path_factory.mktemp("local"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """A stage that protects its data."""
    return synthesize_stage("prod", tmp_path_factory.mktemp("prod"), protect_data=True)
