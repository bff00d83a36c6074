"""One container as one child process with a log file."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

GRACE = 5.0  # seconds between SIGTERM and SIGKILL; SageMaker gives 120
TAIL = 20  # log lines that a failure quotes
REASON = 1024  # characters that SageMaker keeps of a failure


@dataclass
class Process:
    """A running command; its output, both streams, is in `log`."""

    child: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, command: list[str], *, home: Path, env: dict[str, str]) -> Process:
        log = home / "container.log"
        with log.open("ab") as out:
            child = subprocess.Popen(
                command, cwd=home, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        return cls(child, log)

    def wait(self, seconds: float) -> int | None:
        """The exit code, or None when the time is over; the process is then stopped."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            return None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self.child.poll() is not None:
            return
        self.child.terminate()
        try:
            self.child.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def tail(self) -> str:
        return "\n".join(self.text.splitlines()[-TAIL:])


def failure(base: Path, process: Process, code: int) -> str:
    """Why a job failed: what it wrote to `output/failure`, or the end of its log."""
    for note in (base / "output" / "failure", base / "output" / "message"):
        if note.is_file() and (text := note.read_text(errors="replace").strip()):
            return f"AlgorithmError: {text}, exit code: {code}"[:REASON]
    head = "AlgorithmError: exit code: "
    return f"{head}{code}: {process.tail[-(REASON - len(head) - 8) :]}"
