"""The command line against one embedded cloud: a table of 300 rows from its first commit to its predictions."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local.processes import mentioning

EVERGREEN = [sys.executable, "-c", "from evergreen.cli.main import main; main()"]
PROJECT = """\
project: plants
target: kind
data: {dataset: plants}
stages:
  local: {release: {bake: 1s, check_every: 1s}}
"""
ROW = {"petal length": 1.2, "soil": "sand"}
LONGEST_RUN = 60.0


@dataclass(frozen=True)
class Folder:
    """A folder in which a person types commands."""

    path: Path

    def evergreen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `evergreen …` here; a traceback is never an answer."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            [*EVERGREEN, *arguments], cwd=self.path, env=environment, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command answers to a program."""
        done = self.evergreen(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A deployed project without data."""
    folder = Folder(tmp_path_factory.mktemp("plants"))
    (folder.path / "project.yaml").write_text(PROJECT)
    (folder.path / "plants.csv").write_text(plants())
    (folder.path / "no-target.csv").write_text("petal length,soil\n1,sand\n")
    up = folder.evergreen("local", "up", "--detach")
    try:
        assert up.returncode == 0, up.stderr
        yield folder
    finally:
        folder.evergreen("local", "down")


@pytest.fixture(scope="module")
def refusals(empty: Folder) -> dict[str, subprocess.CompletedProcess[str]]:
    """What a project without data or model answers."""
    return {
        "run": empty.evergreen("run"),
        "predict": empty.evergreen("predict", json.dumps({"rows": [ROW]})),
        "commit": empty.evergreen("data", "commit", "no-target.csv"),
        "log": empty.evergreen("data", "log"),
    }


@pytest.fixture(scope="module")
def trained(empty: Folder, refusals: object) -> Folder:
    """The same project with a first model, which a run that nobody waited for has released."""
    empty.json("data", "commit", "plants.csv", "--dataset", "plants")
    started = empty.json("run")["run_id"]
    again = empty.evergreen("run")
    (empty.path / "again").write_text(f"{again.returncode} {again.stderr}")
    (empty.path / "started").write_text(started)
    deadline = time.monotonic() + LONGEST_RUN
    while empty.json("status")["run"] and time.monotonic() < deadline:
        time.sleep(0.5)
    return empty


def plants() -> str:
    """300 rows: the kind follows from the petals, the soil says nothing."""
    chance = random.Random(7)
    lengths = [round(chance.uniform(0, 6), 2) for _ in range(300)]
    lines = [f"{length},{chance.choice(['sand', 'clay'])},{'tall' if length > 3 else 'small'}" for length in lengths]
    return "\n".join(["petal length,soil,kind", *lines]) + "\n"


def test_a_run_without_data_says_how_to_commit_some(refusals: dict[str, subprocess.CompletedProcess[str]]) -> None:
    assert refusals["run"].returncode == 1
    assert refusals["run"].stderr.startswith("error: plants has no data yet; commit some: evergreen data commit")


def test_a_prediction_before_the_first_model_says_how_to_make_one(
    refusals: dict[str, subprocess.CompletedProcess[str]],
) -> None:
    assert refusals["predict"].returncode == 1
    assert "answered 503: No model serves yet." in refusals["predict"].stderr


def test_a_refused_file_commits_nothing(refusals: dict[str, subprocess.CompletedProcess[str]]) -> None:
    assert refusals["commit"].returncode == 1
    assert "no-target.csv: has no column kind, the target" in refusals["commit"].stderr
    assert refusals["log"].stdout.startswith("plants has no version yet")


def test_a_second_run_is_refused_by_the_name_of_the_first(trained: Folder) -> None:
    started, again = ((trained.path / name).read_text() for name in ("started", "again"))

    assert again.startswith(f"1 error: the run {started} is in progress")


def test_a_run_shows_its_stages_and_what_it_comes_to(trained: Folder) -> None:
    status = trained.json("status")

    assert status["champion"] == "1.0.0"
    assert status["registered"] == ["1.0.0"]
    assert status["last_run"].endswith(": released")


def test_the_same_run_again_has_nothing_to_do(trained: Folder) -> None:
    again = trained.evergreen("run", "--wait")

    assert again.returncode == 0
    assert again.stdout == "nothing to do: model 1.0.0 was made from this very data, code and recipe\n"


def test_predictions_and_their_outcomes_are_measured(trained: Folder) -> None:
    answer = trained.json("predict", json.dumps({"rows": [ROW, {**ROW, "petal length": 5.5}]}))
    labels = [{"prediction_id": each["prediction_id"], "label": each["prediction"]} for each in answer["predictions"]]
    accepted = trained.evergreen("feedback", json.dumps({"labels": labels}))

    quality, drift = trained.json("quality"), trained.json("drift")

    assert [each["prediction"] for each in answer["predictions"]] == ["small", "tall"]
    assert accepted.stdout == "2 labels accepted\n"
    assert (quality["rows"], quality["labels"]) == (2, 2)
    assert (drift["verdict"], drift["rows"]) == ("insufficient_data", 2)


def test_the_decision_is_recorded_when_it_is_meant(trained: Folder) -> None:
    decision = trained.json("decide", "--run")
    entries = trained.json("ledger", "--kind", "decision")

    assert decision["decision"] is False
    assert [entry["evidence"]["reason"] for entry in entries] == [decision["reason"]]


def test_there_is_nothing_to_roll_back_to(trained: Folder) -> None:
    refused = trained.json("rollback", code=1)

    assert refused["type"] == "NothingToRollBack"
    assert "1.0.0 is the only model version that was ever promoted" in refused["error"]


def test_an_unknown_version_is_refused_before_anything_starts(trained: Folder) -> None:
    refused = trained.evergreen("release", "9.9.9", "--wait")

    assert refused.returncode == 1
    assert refused.stderr == "error: model version 9.9.9 is not registered; those that are: 1.0.0\n"


def test_the_ledger_reads_like_a_story(trained: Folder) -> None:
    told = trained.evergreen("ledger").stdout

    assert "300 new rows, 300 in all" in told
    assert "released 1.0.0" in told


def test_logs_are_found_by_a_part_of_their_name(trained: Folder) -> None:
    found, missing = trained.evergreen("local", "logs", "train"), trained.evergreen("local", "logs", "nonsense")

    assert "trained estimator=hist_gradient_boosting" in found.stdout
    assert missing.returncode == 1
    assert missing.stderr.startswith("error: no log of nonsense")


def test_stopping_leaves_no_process_and_no_file(trained: Folder) -> None:
    down, again = trained.evergreen("local", "down"), trained.evergreen("local", "down")

    assert down.stdout == "stopped; nothing is left running\n"
    assert again.stdout == "nothing runs here\n"
    assert mentioning(str(trained.path)) == []
    assert not (trained.path / ".evergreen").exists()
