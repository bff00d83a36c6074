"""What cannot be printed: a sentence for a full device, nothing for a reader that has gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# The entry with a command of one line, which needs none of the real ones.
PRINTING = """
import sys, types
command = types.ModuleType("evergreen.cli.main")
command.main = lambda: print("x" * {size})
sys.modules["evergreen.cli.main"] = command
from evergreen.cli.entry import main
main()
"""


def printed(size: int, options: list[str], stdout: int) -> tuple[int, str]:
    command = [sys.executable, *options, "-c", PRINTING.format(size=size)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    result = subprocess.run(command, cwd=ROOT, env=environment, stdout=stdout, stderr=subprocess.PIPE, check=False)
    return result.returncode, result.stderr.decode()


@pytest.mark.parametrize(("size", "options"), [(10, []), (1_000_000, []), (10, ["-u"])])
def test_a_full_device_is_named(size: int, options: list[str]) -> None:
    device = os.open("/dev/full", os.O_WRONLY)
    try:
        assert printed(size, options, device) == (1, "error: standard output: No space left on device\n")
    finally:
        os.close(device)


@pytest.mark.parametrize(("size", "options"), [(10, []), (1_000_000, []), (10, ["-u"])])
def test_a_reader_that_has_gone_needs_no_answer(size: int, options: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert printed(size, options, writing) == (1, "")
    finally:
        os.close(writing)
