"""Synthesis of the four stacks, with and without template validation, and their deployment into the embedded cloud."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.environments import ROOT
from benchmarks.line import Line, Target, compare, installed
from benchmarks.rounds import ROUNDS, in_turn, median
from local.cloud import LocalCloud
from local.deploy import deploy, synth

CASES = {
    "with validation": ("true", Target("ours", "<=", 5.0)),
    "without validation": ("false", Target("ours", "<=", 1.6)),
}
DEPLOY = Target("ours", "<=", 10.0)


def run() -> Iterator[Line]:
    """Seconds of wall-clock time; on a busy machine the CPU seconds beside them say more."""
    work = Path(tempfile.mkdtemp(prefix="evergreen-bench-"))
    versions = installed("aws-cdk-lib", "jsii", "constructs")
    try:
        _synth(work, "true")  # the first run compiles bytecode and unpacks the CDK
        times = in_turn({case: partial(_synth, work, on) for case, (on, _) in CASES.items()})
        for case, (_, target) in CASES.items():
            for metric, index in (("seconds", 0), ("cpu seconds", 1)):
                yield compare(
                    "synth", case, metric, median([found[index] for found in times[case]]), better="lower", n=ROUNDS,
                    target=target if metric == "seconds" else None, versions=versions,
                )  # fmt: skip
        yield compare(
            "synth", "deploy into the embedded cloud", "seconds", median([_deploy(work) for _ in range(ROUNDS)]),
            better="lower", n=ROUNDS, target=DEPLOY, versions=installed("ministack"),
        )  # fmt: skip
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _synth(work: Path, validation: str) -> tuple[float, float]:
    """Wall-clock and CPU seconds of `python app.py`, layers left unbundled."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "app.py", "-c", "aws:cdk:bundling-stacks=[]", "-o", str(work / "synth")]
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=env | {"CDK_VALIDATION": validation}, check=True, capture_output=True)
    wall, after = time.perf_counter() - started, os.times()
    used = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return wall, used


def _deploy(work: Path) -> float:
    """All stacks of the flights example into a cloud of their own."""
    assembly = work / "deploy"
    if not assembly.exists():
        synth(ROOT / "examples" / "flights" / "project.yaml", "local", assembly)
    with LocalCloud.start() as cloud:
        started = time.perf_counter()
        deploy(cloud, assembly)
        return time.perf_counter() - started
