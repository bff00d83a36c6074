"""Taking turns: ours, theirs, ours, theirs, so that a busy minute of the machine meets everyone."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from benchmarks.line import Line, Target, compare

ROUNDS = 5
_BUSY = 1.5  # waiting threads a core
_FLOOR = {"read": "pyarrow read_table"}
Figures = TypeVar("Figures")


def in_turn(contestants: Mapping[str, Callable[[], Figures]], rounds: int = ROUNDS) -> dict[str, list[Figures]]:
    """Each contestant's figures, one per round; each contestant's turn comes once in a round, and another one begins.

    Who comes after whom matters: memory that one has just given back is cheaper to take than memory that is new.
    """
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    names = list(contestants)
    for start in range(rounds):
        for place in range(len(names)):
            name = names[(start + place) % len(names)]
            found[name].append(contestants[name]())
    return found


def median(values: list[float]) -> float:
    """The middle of the rounds."""
    return statistics.median(values)


def with_peers() -> bool:
    """Whether peers run too; `PEERS=no` compares with the floors alone."""
    return os.environ.get("PEERS", "yes").lower() not in ("no", "0", "false")


def beside(
    benchmark: str,
    case: str,
    found: Mapping[str, Sequence[Mapping[str, Any]]],
    ours: str,
    peer: str,
    target: Target,
    versions: dict[str, str],
) -> Line:
    """Two contestants' medians. CPU seconds where others keep the machine busy: waiting for them would be counted."""
    busy = os.getloadavg()[0] > _BUSY * (os.cpu_count() or 1)
    metric = "cpu seconds" if busy else "seconds"
    mine, theirs = (median([each[metric] for each in found[name]]) for name in (ours, peer))
    return compare(
        benchmark, case, metric, mine, better="lower", n=len(found[peer]), peer=_FLOOR.get(peer, peer), theirs=theirs,
        target=target, versions=versions,
    )  # fmt: skip
