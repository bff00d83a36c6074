"""DVC as a library in its own environment: reads {home, steps}, prints [seconds, CPU seconds] of each without imports.

A step brings a file or a folder into the working folder (not counted), then adds, commits and pushes it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from dvc.repo import Repo


def main() -> None:
    """Run the steps in one repository with a remote beside it."""
    task = json.loads(sys.stdin.read())
    home, remote = Path(task["home"]) / "repository", Path(task["home"]) / "remote"
    home.mkdir()
    remote.mkdir()
    os.chdir(home)
    subprocess.run(["git", "init", "-q", "-b", "main"], check=True)
    with Repo.init(".") as repo, repo.config.edit() as config:
        config["remote"]["there"] = {"url": str(remote)}
        config["core"]["remote"] = "there"
        config["core"]["analytics"] = False
    times = {case: step(home, source, name) for case, source, name in task["steps"]}
    print(json.dumps(times))


def step(home: Path, source: str | None, name: str) -> list[float]:
    """One version."""
    if source is not None:
        target = home / name
        target.unlink(missing_ok=True)
        shutil.copytree(source, target) if Path(source).is_dir() else shutil.copyfile(source, target)
    started, busy = time.perf_counter(), sum(os.times()[:4])
    with Repo(".") as repo:
        repo.add(name)
        subprocess.run(["git", "add", "-A", "."], check=True)
        subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "version"], check=True)
        repo.push()
    return [time.perf_counter() - started, sum(os.times()[:4]) - busy]


main()
