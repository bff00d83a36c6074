"""Profiles of 1,000,000 × 25: read and profile beside the read alone, memory, size, and merging 720 of them.

Ours and the read take turns in one process each; both get two threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pyarrow.parquet as pq

from benchmarks.drift_data import table_file
from benchmarks.environments import contestant
from benchmarks.line import Line, Target, compare, installed
from benchmarks.rounds import ROUNDS, in_turn, median
from evergreen.profiles.build import profile, profile_file
from evergreen.profiles.table import TableProfile, merge

Figures = dict[str, float]
ROWS, MORE_ROWS = 1_000_000, 10_000_000
CALLS = 3  # of each contestant in one process; the first one pays for the pages of its memory
FLOOR = Target("ratio", ">=", 0.5)  # at most twice the read
MEMORY, FLAT = Target("ours", "<=", 250), Target("ours", "<=", 1.1)
SIZE = Target("ours", "<=", 50_000)
PARTS, ROWS_A_PART = 720, 1_000


def run() -> Iterator[Line]:
    """The lines."""
    versions = installed("pyarrow", "numpy")
    case = "read and profile, 1,000,000 x 25"
    found = in_turn({name: _contestant(name, ROWS) for name in ("profile", "read")})
    for metric in ("seconds", "cpu seconds"):
        ours, theirs = (median([each[metric] for each in found[name]]) for name in ("profile", "read"))
        yield compare(
            "profiles", case, metric, ours, better="lower", n=ROUNDS, peer="pyarrow read_table", theirs=theirs,
            target=FLOOR if metric == "seconds" else None, versions=versions,
        )  # fmt: skip
    peaks = [_contestant("profile_one_thread", rows)()["peak MB"] for rows in (ROWS, MORE_ROWS)]
    yield compare("profiles", case, "peak MB, one thread", peaks[0], better="lower", n=1, target=MEMORY)
    case = "the same with 10,000,000 rows"
    yield compare("profiles", case, "times the peak", peaks[1] / peaks[0], better="lower", n=1, target=FLAT)
    yield from _merged()


def _merged() -> Iterator[Line]:
    table = pq.read_table(table_file(ROWS, drifted=True))
    parts = [profile(table.slice(at * ROWS_A_PART, ROWS_A_PART)) for at in range(PARTS)]
    started = time.perf_counter()
    whole = merge(parts)
    size = len(whole.to_bytes())
    seconds = time.perf_counter() - started
    case = "one profile of 720 profiles of 1,000 x 25"
    yield compare("profiles", case, "seconds", seconds, better="lower", n=1)
    yield compare("profiles", case, "bytes a column", size / 25, better="lower", n=1, target=SIZE)
    content = profile_file(table_file(ROWS, drifted=True)).to_bytes()
    started = time.perf_counter()
    TableProfile.from_bytes(content)
    seconds = time.perf_counter() - started
    yield compare("profiles", "a profile of 25 columns from its bytes", "seconds", seconds, better="lower", n=1)


def _contestant(name: str, rows: int) -> Callable[[], Figures]:
    return contestant("profile_peer", name, table_file(rows, drifted=True), 1 if name.endswith("one_thread") else CALLS)
