"""Taking turns: ours, theirs, ours, theirs, so that a busy minute of the machine meets everyone."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping
from typing import TypeVar

ROUNDS = 5
Figures = TypeVar("Figures")


def in_turn(contestants: Mapping[str, Callable[[], Figures]], rounds: int = ROUNDS) -> dict[str, list[Figures]]:
    """Each contestant's figures, one per round; each contestant's turn comes once in a round."""
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            found[name].append(measure())
    return found


def median(values: list[float]) -> float:
    """The middle of the rounds."""
    return statistics.median(values)


def with_peers() -> bool:
    """Whether peers run too; `PEERS=no` compares with the floors alone."""
    return os.environ.get("PEERS", "yes").lower() not in ("no", "0", "false")
