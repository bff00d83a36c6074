"""Commands without a cloud to speak to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Evergreen

NEED_A_CLOUD = [
    "status", "run", "release 1.0.0", "rollback", "predict {}", "feedback {}", "drift", "quality", "decide", "ledger",
    "data log", "destroy --yes", "local status", "local logs",
]  # fmt: skip


@pytest.mark.parametrize("command", NEED_A_CLOUD)
def test_says_that_nothing_runs_and_how_to_start_it(evergreen: Evergreen, command: str) -> None:
    said = evergreen(*command.split())

    assert said.code == 1
    assert said.err.startswith("error: no embedded cloud runs here; start one with: evergreen local up")
    assert said.out == ""


@pytest.mark.parametrize("command", NEED_A_CLOUD)
def test_an_error_is_json_where_json_is_asked_for(evergreen: Evergreen, command: str) -> None:
    said = evergreen(*command.split(), "--json")

    assert said.code == 1
    assert json.loads(said.out)["type"] == "NotFound"
    assert said.err == ""


def test_stopping_twice_is_no_error(evergreen: Evergreen) -> None:
    said = evergreen("local", "down")

    assert (said.code, said.out) == (0, "nothing runs here\n")


@pytest.mark.loopback
def test_a_cloud_that_has_died_is_told_from_one_that_never_was(evergreen: Evergreen, tmp_path: Path) -> None:
    home = tmp_path / ".evergreen"
    home.mkdir()
    (home / "engine.json").write_text(json.dumps({"endpoint": "http://127.0.0.1:1", "pid": 1}))
    (home / "local.json").write_text(json.dumps({"home": str(home), "env": {}, "project_path": "project.yaml"}))

    said = evergreen("status")

    assert said.code == 1
    assert "has ended, and its data with it" in said.err


def test_aws_without_a_region_says_what_to_set(
    evergreen: Evergreen, project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    said = evergreen("status", "--stage", "prod")

    assert said.code == 1
    assert "set AWS_REGION" in said.err
