"""The benchmarks' frame: their names, and the line that each prints. No timing, no socket."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from benchmarks.environments import LOCKS, PeerMissing, locked
from benchmarks.line import Line, Target, compare, missing
from benchmarks.registry import NAMES, load

KEYS = {"benchmark", "case", "peer", "metric", "ours", "theirs", "ratio", "target", "holds", "n", "versions"}
FRAME = {"__init__", "__main__", "contestants", "environments", "forest", "line", "load", "noop_server", "registry",
         "rounds", "servers", "dependence", "drift_data", "validation_data", "version_data", "worlds"}  # fmt: skip
HALF = Target("ratio", ">=", 2)


def line(**changes: object) -> Line:
    return compare("b", "c", "seconds", 1.0, **{"better": "lower", "n": 5, "peer": "p", "theirs": 3.0, **changes})


def test_every_module_that_is_no_part_of_the_frame_is_a_registered_benchmark() -> None:
    modules = {path.stem for path in LOCKS.parent.glob("*.py")}

    assert modules - FRAME == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_run_by_its_name(name: str) -> None:
    assert callable(load(name))


def test_a_line_has_exactly_the_keys() -> None:
    assert json.loads(line().to_json()).keys() == KEYS
    assert json.loads(missing("b", "c", "m", "no network", peer="p", target=HALF).to_json()).keys() == KEYS


def test_the_ratio_says_how_many_times_better_ours_is() -> None:
    assert line().ratio == 3.0
    assert line(better="higher").ratio == pytest.approx(1 / 3, abs=1e-4)
    assert line(theirs=None).ratio is None


def test_a_target_is_about_our_figure_or_about_the_ratio() -> None:
    assert line(target=Target("ours", "<=", 1.0)).holds is True
    assert line(target=Target("ours", "<=", 0.9)).holds is False
    assert line(target=HALF).holds is True
    assert line(target=HALF, theirs=1.5).holds is False
    assert line().holds is None


def test_a_ratio_without_its_peer_does_not_hold() -> None:
    assert line(target=HALF, theirs=None).holds is False


def test_a_peer_that_could_not_be_installed_says_so_and_does_not_hold() -> None:
    absent = missing(
        "serving", "c", "m", str(PeerMissing("mlflow could not be installed: x")), peer="mlflow", target=HALF
    )

    assert absent.holds is False
    assert absent.versions == {"mlflow": "mlflow could not be installed: x"}


@pytest.mark.parametrize(
    ("peer", "package"), [("mlflow", "mlflow"), ("bentoml", "bentoml"), ("sagemaker", "sagemaker-inference")]
)
def test_a_peer_serves_with_our_scikit_learn(peer: str, package: str) -> None:
    """All serve one pickled estimator."""
    ours = dict(row.split("==") for row in Path("requirements.in").read_text().splitlines() if "==" in row)

    assert locked(peer, package, "scikit-learn")["scikit-learn"] == ours["scikit-learn"]


def test_mypy_reads_the_benchmarks() -> None:
    assert "benchmarks" in tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mypy"]["files"]
