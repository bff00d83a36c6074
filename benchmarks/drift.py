"""Drift of 1,000,000 × 25 against a reference profile: read, profile and all statistics, beside Evidently, NannyML and
scipy; then windows from cached counts, and two cached profiles.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.drift_data import REFERENCE_ROWS, table_file
from benchmarks.environments import PeerMissing, contestant, locked
from benchmarks.line import Line, Target, compare, installed, missing
from benchmarks.rounds import ROUNDS, beside, in_turn, median, with_peers
from evergreen.data.directory import Directory
from evergreen.drift.compare import compare_profiles
from evergreen.drift.reference import Reference, build_reference
from evergreen.drift.tally import HOURS, Tally, added, split, tally
from evergreen.drift.verdict import Thresholds, judge_counts
from evergreen.profiles.build import profile_file

Figures = dict[str, float]
ROWS, MORE_ROWS = 1_000_000, 10_000_000
CASE = "read, summarise and all statistics, 1,000,000 x 25"
WHOLE = "read, whole profile and all statistics, 1,000,000 x 25"
OURS = {"evergreen": CASE, "evergreen_whole": WHOLE}
FLOOR = Target("ratio", ">=", 0.5)  # at most twice the read
TARGETS = {"scipy": 12.0, "nannyml": 25.0, "evidently": 400.0}
CALLS = 5  # of each contestant in one process: the first ones pay for the pages of its memory
SLOW = ("evidently",)  # a minute and more a call: one says enough
MEMORY, FLAT = Target("ours", "<=", 250), Target("ours", "<=", 1.1)
WINDOW, STORED, VERSIONS = (Target("ours", "<=", bound) for bound in (0.05, 1.0, 0.2))
DAYS, ROWS_AN_HOUR = 30, 500


def run() -> Iterator[Line]:
    """The table's lines, then the cached ones."""
    yield from _window()
    yield from _two_profiles()
    yield from _memory()
    for ours, case in OURS.items():
        found = _in_turn(ours, "read")
        yield beside("drift", case, found, ours, "read", FLOOR, installed("pyarrow"))
    if with_peers():
        yield from _peers()


def _peers() -> Iterator[Line]:
    for peer, times in TARGETS.items():
        target = Target("ratio", ">=", times)
        try:
            found = _in_turn(*OURS, peer)
        except PeerMissing as error:
            for case in OURS.values():
                yield missing("drift", case, "seconds", str(error), peer=peer, target=target)
            continue
        versions = installed("scipy", "pandas") if peer == "scipy" else locked(peer, peer)
        for ours, case in OURS.items():
            yield beside("drift", case, found, ours, peer, target, versions)


def _in_turn(*names: str) -> dict[str, list[Figures]]:
    """All in turn, each in a process of its own; of several calls the first is the slowest."""
    calls = {name: 1 if name in SLOW else CALLS for name in names}
    rounds = min(ROUNDS, *calls.values())
    return in_turn({name: _contestant(name, count, ROWS) for name, count in calls.items()}, rounds)


def _memory() -> Iterator[Line]:
    """Peak memory with one thread, and whether it grows with the rows."""
    peaks = [_contestant("evergreen_one_thread", 1, rows)()["peak MB"] for rows in (ROWS, MORE_ROWS)]
    versions = installed("pyarrow", "numpy")
    yield compare(
        "drift", WHOLE, "peak MB, one thread", peaks[0], better="lower", n=1, target=MEMORY, versions=versions
    )
    growth = peaks[1] / peaks[0]
    case = "read, whole profile and all statistics, 10,000,000 x 25"
    yield compare("drift", case, "times the peak", growth, better="lower", n=1, target=FLAT, versions=versions)


def _window() -> Iterator[Line]:
    random = np.random.default_rng(0)
    columns = {f"x{at}": random.normal(size=REFERENCE_ROWS) for at in range(25)}
    built = build_reference(columns, dict.fromkeys(columns, "number"), None, None, timedelta(days=30))
    reference = Reference.from_json(built)
    none, at = np.zeros(ROWS_AN_HOUR * HOURS), np.repeat(np.arange(HOURS), ROWS_AN_HOUR)
    days = [
        tally(
            reference, {name: random.normal(0.4, 1, len(at)) for name in columns}, none, ["1.0.0"] * len(at), at, HOURS
        )
        for _ in range(DAYS)
    ]
    hours = [day.between(hour, hour + 1) for day in days for hour in range(HOURS)]

    def judge(tallies: Sequence[Tally]) -> None:
        judge_counts(reference, *split(reference, added(reference, tallies)["1.0.0"]), Thresholds())

    seconds = _cpu_seconds(lambda: judge(hours))
    versions = installed("numpy")
    case = "verdict on a window of 720 hours x 25 columns from counts in memory"
    yield compare("drift", case, "cpu seconds", seconds, better="lower", n=ROUNDS, target=WINDOW, versions=versions)
    with tempfile.TemporaryDirectory() as folder:
        store = Directory(Path(folder))
        for number, day in enumerate(days):
            for kind, found in (("total", day.total()), ("hours", day)):
                store.put_new(f"{number:02d}.{kind}", found.to_bytes("benchmark"))
        seconds = _cpu_seconds(lambda: judge([_read(store, f"{number:02d}.total") for number in range(DAYS)]))
        case = "the same, read from a directory by days"
        yield compare("drift", case, "cpu seconds", seconds, better="lower", n=ROUNDS, target=STORED, versions=versions)
        ends = [_read(store, "00.hours").between(7, HOURS), _read(store, "29.hours").between(0, 7)]
        seconds = _cpu_seconds(
            lambda: judge([*ends, *(_read(store, f"{number:02d}.hours") for number in range(1, 29))])
        )
        case = "the same, read from a directory by hours"
        yield compare("drift", case, "cpu seconds", seconds, better="lower", n=ROUNDS, target=STORED, versions=versions)


def _read(store: Directory, key: str) -> Tally:
    found = Tally.from_bytes(store.get(key), "benchmark")
    assert found is not None
    return found


def _two_profiles() -> Iterator[Line]:
    before, after = (
        profile_file(table_file(REFERENCE_ROWS, drifted=False)),
        profile_file(table_file(ROWS, drifted=True)),
    )
    seconds = _cpu_seconds(lambda: compare_profiles(before, after))
    case = "drift between two cached profiles of 25 columns"
    yield compare(
        "drift", case, "cpu seconds", seconds, better="lower", n=ROUNDS, target=VERSIONS, versions=installed("numpy")
    )


def _cpu_seconds(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return median(taken)


def _contestant(name: str, calls: int, rows: int) -> Callable[[], Figures]:
    reference, current = table_file(REFERENCE_ROWS, drifted=False), table_file(rows, drifted=True)
    return contestant("drift_peer", name, reference, current, calls)
