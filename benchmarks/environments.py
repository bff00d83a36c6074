"""Peers' own environments below build/bench/<peer>/, made on first use: they pin against each other and against us."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = Path(__file__).resolve().parent / "peers"
BUILD = ROOT / "build" / "bench"
MINUTES_TO_INSTALL = 10
MINUTES_TO_RUN = 30


class PeerMissing(Exception):
    """A peer's environment could not be made; its text says why."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, in which exactly its locked requirements are installed."""
    lock, home = LOCKS / f"{peer}.txt", BUILD / peer
    marker, wanted = home / "installed", hashlib.sha256(lock.read_bytes()).hexdigest()
    python = home / "bin" / "python"
    if not marker.exists() or marker.read_text() != wanted:
        uv = str(Path(sys.executable).with_name("uv"))
        made = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        synced = [uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", str(python)]
        for command in (made, [*synced, str(lock)]):
            _run(peer, command, "installed", MINUTES_TO_INSTALL)
        marker.write_text(wanted)
    return python


def locked(peer: str, *packages: str) -> dict[str, str]:
    """The versions that a peer's requirement file pins."""
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (LOCKS / f"{peer}.txt").read_text(), re.MULTILINE))
    return {package: pins[package] for package in packages}


def contestant(script: str, name: str, *arguments: object) -> Callable[[], dict[str, Any]]:
    """A contestant of `peers/<script>.py`: each call runs it in a process of its own and gives the figures it prints.

    A contestant with locked requirements runs in its own environment, which is made now; the others run in ours.
    """
    python = python_of(name) if (LOCKS / f"{name}.txt").exists() else Path(sys.executable)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if python == Path(sys.executable):
        environment["PYTHONPATH"] = str(ROOT)
    command = [str(python), str(LOCKS / f"{script}.py"), name, *map(str, arguments)]

    def measure() -> dict[str, Any]:
        figures: dict[str, Any] = json.loads(_run(name, command, "run", MINUTES_TO_RUN, environment).splitlines()[-1])
        return figures

    return measure


def _run(peer: str, command: list[str], what: str, minutes: float, environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=minutes * 60, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"{peer} could not be {what}: {error}") from error
    if done.returncode:
        raise PeerMissing(f"{peer} could not be {what}: {done.stderr.strip()[-300:]}")
    return done.stdout
