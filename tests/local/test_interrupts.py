"""The demo can be ended at any moment: it says so, exits as interrupted, and leaves no process and no file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.cloud import ROOT
from tests.local.processes import descendants, mentioning, processes, until, wait_until_gone

pytestmark = pytest.mark.loop
EVERGREEN = [sys.executable, "-c", "from evergreen.cli.main import main; main()"]
SLOWEST_START = 90.0


@dataclass(frozen=True)
class Demo:
    """A demo in a session of its own, with a folder for temporary files of its own."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def temporary(self) -> Path:
        """Where everything goes that must be gone in the end."""
        return self.folder / "tmp"

    def reaches(self, command: str) -> None:
        """Wait until one of its processes runs `command`."""
        until(lambda: [line for line in mentioning(str(self.temporary)) if command in line], seconds=SLOWEST_START)

    def assert_ended(self, family: set[int]) -> None:
        """It and all its family are gone, with everything that they wrote."""
        assert self.process.wait(timeout=30) == 128 + signal.SIGINT
        wait_until_gone(lambda: family & {process.pid for process in processes()})
        assert mentioning(str(self.temporary)) == []
        assert list(self.temporary.iterdir()) == []
        assert list((self.folder / "out").iterdir()) == []
        assert "Traceback" not in (self.folder / "printed").read_text()


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[[str], Demo]]:
    """Starts demos; kills what a failed test leaves."""
    started: list[Demo] = []

    def start(name: str) -> Demo:
        folder = tmp_path / name
        (folder / "tmp").mkdir(parents=True)
        with (folder / "printed").open("wb") as printed:
            process = subprocess.Popen(
                [*EVERGREEN, "demo", "--out", str(folder / "out")],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(folder / "tmp")},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(Demo(process, folder))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
        demo.process.wait()


def test_two_demos_side_by_side_leave_nothing_when_they_are_ended_early(start_demo: Callable[[str], Demo]) -> None:
    one, other = start_demo("one"), start_demo("other")
    one.reaches("app.py")
    other.reaches("app.py")
    families = [descendants(demo.process.pid) for demo in (one, other)]

    os.killpg(one.process.pid, signal.SIGINT)  # Ctrl-C, as a terminal does it
    other.process.terminate()

    one.assert_ended(families[0])
    other.assert_ended(families[1])


def test_ctrl_c_in_the_middle_of_a_job_leaves_nothing(start_demo: Callable[[str], Demo]) -> None:
    demo = start_demo("one")
    demo.reaches("training.prepare")
    family = descendants(demo.process.pid)

    os.killpg(demo.process.pid, signal.SIGINT)

    demo.assert_ended(family)
