"""The model server beside its peers on one forest: answers, rates, CPU, and how soon the first answer comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.contestants import PEERS, floor, ours
from benchmarks.environments import BUILD, PeerMissing
from benchmarks.forest import trained
from benchmarks.line import Better, Line, Target, compare, missing
from benchmarks.load import Plan, Seen, drive
from benchmarks.rounds import in_turn, median, with_peers
from benchmarks.servers import Running, Served, running

SECONDS = 1.0
CONNECTIONS = (1, 8, 32)
OURS, FLOOR = "evergreen", "no-op floor"
P50, P99, CPU, FIRST = (Target("ours", "<=", bound) for bound in (1.0, 2.0, 100.0, 0.5))
RATES = {("mlflow", 8): Target("ratio", ">=", 150), ("sagemaker stack", 8): Target("ratio", ">=", 100)}


@dataclass(frozen=True)
class Round:
    """One server, one round: what the client saw, and the server's CPU time per request."""

    seen: Seen
    cpu_us: float


def run() -> Iterator[Line]:
    """Everyone is up at once and idle but for the one that is measured."""
    contestants, absent = _contestants()
    for name, reason in absent.items():
        yield missing("serving", "8 connections", "requests/s", reason, peer=name, target=RATES.get((name, 8)))
    yield from _starts(contestants)
    with ExitStack() as stack:
        up = {name: stack.enter_context(running(served, _log(name))) for name, served in contestants.items()}
        for server in up.values():
            _measure(server, 8)  # warm
        for connections in CONNECTIONS:
            rounds = in_turn({name: partial(_measure, server, connections) for name, server in up.items()})
            yield from _lines(contestants, rounds, connections)


def _contestants() -> tuple[dict[str, Served], dict[str, str]]:
    found = trained("random_forest")
    servers, absent = {OURS: ours(found), FLOOR: floor(found)}, {}
    for name, make in PEERS.items() if with_peers() else ():
        try:
            servers[name] = make(found)
        except PeerMissing as error:
            absent[name] = str(error)
    return servers, absent


def _starts(contestants: dict[str, Served]) -> Iterator[Line]:
    """From the start of the process to the first right answer."""

    def start(served: Served) -> float:
        with running(served, _log(served.name)) as server:
            return server.first_answer_s

    times = in_turn({name: partial(start, served) for name, served in contestants.items()})
    for name in contestants:
        if name != OURS:
            target = FIRST if name == FLOOR else None
            mine, theirs = median(times[OURS]), median(times[name])
            yield _line(contestants, name, "start", "first answer s", mine, theirs, "lower", target, len(times[name]))


def _lines(contestants: dict[str, Served], rounds: dict[str, list[Round]], connections: int) -> Iterator[Line]:
    case = f"{connections} connection{'s' if connections > 1 else ''}"
    for name in contestants:
        if name == OURS:
            continue
        absolute = name == FLOOR  # one line carries the bound on our own figure
        metrics: list[tuple[str, Better, Target | None]] = [
            ("requests/s", "higher", RATES.get((name, connections))),
            ("p50 ms", "lower", P50 if absolute and connections == 1 else None),
            ("p99 ms", "lower", P99 if absolute and connections <= 8 else None),
        ]
        if connections == 8:
            metrics.append(("cpu us/request", "lower", CPU if absolute else None))
        for metric, better, target in metrics:
            mine, theirs = (median([_figure(found, metric) for found in rounds[who]]) for who in (OURS, name))
            n = sum(found.seen.requests for found in rounds[OURS])
            yield _line(contestants, name, case, metric, mine, theirs, better, target, n)


def _line(
    contestants: dict[str, Served], peer: str, case: str, metric: str, mine: float, theirs: float,
    better: Better, target: Target | None, n: int,
) -> Line:  # fmt: skip
    versions = contestants[OURS].versions | contestants[peer].versions
    return compare(
        "serving", case, metric, mine, better=better, n=n, peer=peer, theirs=theirs, target=target, versions=versions
    )


def _figure(found: Round, metric: str) -> float:
    seen = found.seen
    figures = {"requests/s": seen.per_second, "p50 ms": seen.p50_ms, "p99 ms": seen.p99_ms}
    return figures.get(metric, found.cpu_us)


def _measure(server: Running, connections: int) -> Round:
    served = server.served
    before = server.cpu_seconds()
    seen = drive(Plan(server.port, served.path, served.bodies, connections, SECONDS, served.headers))
    if seen.failed:
        raise RuntimeError(f"{served.name} failed {seen.failed} of {seen.requests} requests")
    return Round(seen, (server.cpu_seconds() - before) / seen.requests * 1e6)


def _log(name: str) -> Path:
    folder = BUILD / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name.replace(' ', '-')}.log"
