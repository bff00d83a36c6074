"""Server processes: started on a free port, timed to their first answer, measured, ended."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 90.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Served:
    """How a contestant is started, and what a caller sends it. `{port}` stands for its port in command and env."""

    name: str
    command: Sequence[str]
    path: str
    bodies: list[str]
    env: Mapping[str, str]
    cwd: Path
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A server that has answered."""

    served: Served
    port: int
    pid: int
    first_answer_s: float

    def cpu_seconds(self) -> float:
        """CPU time of the server's processes so far."""
        return sum(_cpu(process) for process in _tree(self.pid)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(served: Served, log: Path) -> Iterator[Running]:
    """Start, wait for the first right answer, and end all its processes with the block."""
    port = _free_port()
    command = [part.format(port=port) for part in served.command]
    env = _base_env() | {name: value.format(port=port) for name, value in served.env.items()}
    started = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=env, cwd=served.cwd, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        first = _first_answer(served, process, port, log) - started
        yield Running(served, port, process.pid, first)
    finally:
        _end(process)


def _base_env() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "OMP_NUM_THREADS": "1"}


def _first_answer(served: Served, process: subprocess.Popen[bytes], port: int, log: Path) -> float:
    until = time.perf_counter() + START_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with suppress(OSError, http.client.HTTPException):
            connection.request("POST", served.path, served.bodies[0], served.headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                return time.perf_counter()
            if answer.status in (400, 404, 415, 422):
                raise RuntimeError(f"{served.name} answered {answer.status}: {body[:300]!r}")
        connection.close()
        time.sleep(0.002)
    raise RuntimeError(f"{served.name} did not answer; the end of its log: {log.read_text(errors='replace')[-500:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL to what is left of what it started."""
    started = list(_tree(process.pid))
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    for left in started:
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)
    process.wait()


def _tree(root: int) -> Iterator[int]:
    """A process and everything that it started; some servers put their workers into groups of their own."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting = [root]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += children.get(found, [])


def _cpu(process: int) -> int:
    fields = _stat(process)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _stat(process: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on; none when the process has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
