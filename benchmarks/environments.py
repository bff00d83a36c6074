"""Peers' own environments below build/bench/<peer>/, made on first use: they pin against each other and against us."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = Path(__file__).resolve().parent / "peers"
BUILD = ROOT / "build" / "bench"
MINUTES_TO_INSTALL = 10


class PeerMissing(Exception):
    """A peer's environment could not be made; its text says why."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, in which exactly its locked requirements are installed."""
    lock, home = LOCKS / f"{peer}.txt", BUILD / peer
    marker, wanted = home / "installed", hashlib.sha256(lock.read_bytes()).hexdigest()
    python = home / "bin" / "python"
    if not marker.exists() or marker.read_text() != wanted:
        uv = str(Path(sys.executable).with_name("uv"))
        _run(peer, [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)])
        _run(peer, [uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode",
                    "--python", str(python), str(lock)])  # fmt: skip
        marker.write_text(wanted)
    return python


def locked(peer: str, *packages: str) -> dict[str, str]:
    """The versions that a peer's requirement file pins."""
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (LOCKS / f"{peer}.txt").read_text(), re.MULTILINE))
    return {package: pins[package] for package in packages}


def _run(peer: str, command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MINUTES_TO_INSTALL * 60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"{peer} could not be installed: {error}") from error
    if done.returncode:
        raise PeerMissing(f"{peer} could not be installed: {done.stderr.strip()[-300:]}")
