"""The load client, a process of its own: keep-alive HTTP/1.1 over raw sockets, one request in flight per connection.

`python -m benchmarks.load < plan.json` prints what it saw as JSON. Neither an event loop nor an HTTP library is in
the way: what it can send in a second must be several times what any server here can answer.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any

_HEAD_END = b"\r\n\r\n"
_STUCK_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """Where to, what (the bodies in turn), by how many connections, and for how long."""

    port: int
    path: str
    bodies: list[str]
    connections: int
    seconds: float
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


@dataclass(frozen=True)
class Seen:
    """What the client saw; answers other than 200 are failures."""

    requests: int
    failed: int
    per_second: float
    p50_ms: float
    p99_ms: float


def drive(plan: Plan) -> Seen:
    """Run the plan in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"], input=json.dumps(asdict(plan)), capture_output=True, text=True,
        check=False, timeout=plan.seconds + 2 * _STUCK_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load client failed: {done.stderr.strip()[-500:]}")
    return Seen(**json.loads(done.stdout))


class _Connection:
    """One connection, and the answer that it is waiting for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self.answer = b""
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The status once the whole answer is here, None before; 0 when the server hung up."""
        part = self.socket.recv(1 << 18)
        self.answer += part
        end = self.answer.find(_HEAD_END)
        if not part:
            return 0
        if end < 0 or len(self.answer) < end + len(_HEAD_END) + _length(self.answer[:end]):
            return None
        return int(self.answer[9:12])

    @property
    def closing(self) -> bool:
        """Whether the server said that it will hang up."""
        return b"connection: close" in self.answer[: self.answer.find(_HEAD_END)].lower()


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    end = lower.find(b"\r\n", start)
    return int(lower[start : end if end >= 0 else len(lower)])


def _requests(plan: Plan) -> Iterator[bytes]:
    head = "".join(f"{name}: {value}\r\n" for name, value in plan.headers.items())
    start = f"POST {plan.path} HTTP/1.1\r\nhost: 127.0.0.1:{plan.port}\r\n{head}content-length: "
    return cycle([f"{start}{len(body.encode())}\r\n\r\n{body}".encode() for body in plan.bodies])


def run(plan: Plan) -> Seen:
    """Keep every connection busy until the time is over."""
    requests, poll = _requests(plan), select.epoll()
    connections = {}
    for _ in range(plan.connections):
        connection = _Connection(plan.port)
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
    taken: list[float] = []
    failed = 0
    started = time.perf_counter()
    for connection in connections.values():
        connection.send(next(requests))
    while (now := time.perf_counter()) - started < plan.seconds or not taken:
        for number, _event in poll.poll(_STUCK_SECONDS):
            connection = connections[number]
            status = connection.receive()
            if status is None:
                continue
            now = time.perf_counter()
            taken.append(now - connection.sent)
            failed += status != 200
            if status == 0 or connection.closing:
                connection = _again(connections, poll, number)
            connection.send(next(requests))
        if now - started > plan.seconds + _STUCK_SECONDS:
            break
    return _seen(taken, failed, now - started)


def _again(connections: dict[int, _Connection], poll: select.epoll, number: int) -> _Connection:
    connection = connections.pop(number)
    poll.unregister(number)
    connection.socket.close()
    connection.connect()
    connections[connection.socket.fileno()] = connection
    poll.register(connection.socket, select.EPOLLIN)
    return connection


def _seen(taken: list[float], failed: int, seconds: float) -> Seen:
    ordered = sorted(taken)
    p50, p99 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 for share in (0.5, 0.99))
    return Seen(len(taken), failed, len(taken) / seconds, p50, p99)


def main() -> None:
    """Read a plan, print what was seen."""
    raw: dict[str, Any] = json.load(sys.stdin)
    print(json.dumps(asdict(run(Plan(**raw)))))


if __name__ == "__main__":
    main()
