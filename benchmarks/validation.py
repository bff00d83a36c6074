"""Validation of 1,000,000 × 25 with 74 checks, clean and dirty: from the Parquet file on disk beside Great
Expectations, pandera on polars and the read alone; from a saved profile beside Great Expectations.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.environments import BUILD, ROOT, PeerMissing, locked, python_of
from benchmarks.line import Line, Target, compare, installed, missing
from benchmarks.rounds import ROUNDS, in_turn, median, with_peers
from benchmarks.validation_data import FRACTIONS, INTEGERS, LEVELS, RANGES, SETS, project_document, table_file

Figures = dict[str, Any]
ROWS, MORE_ROWS = 1_000_000, 10_000_000
MEASURED = ("great_expectations", "pandera")
PACKAGES = {"great_expectations": "great-expectations", "pandera": "pandera"}
FLOOR = Target("ratio", ">=", round(1 / 1.2, 3))  # at most 1.2 times the read
SCAN = {"great_expectations": Target("ratio", ">=", 15), "pandera": Target("ratio", ">=", 2)}
FROM_PROFILE = Target("ratio", ">=", 50)
MEMORY = Target("ours", "<=", 250)
CALLS = {"great_expectations": 1}
BUSY = 1.5  # waiting threads a core
MINUTES = 20


def run() -> Iterator[Line]:
    """The lines."""
    for dirty in (False, True):
        case = f"74 checks, 1,000,000 x 25, {'dirty' if dirty else 'clean'}"
        found = _beside(["evergreen", "read"], dirty=dirty)
        yield _ratio(f"{case}, full scan", found, "evergreen", "read", FLOOR, installed("pyarrow"))
        if not with_peers():
            continue
        for peer in MEASURED:
            versions = locked(peer, PACKAGES[peer])
            try:
                found = _beside(["evergreen", "evergreen_profile", peer], dirty=dirty)
            except PeerMissing as error:
                yield missing("validation", case, "seconds", str(error), peer=peer, target=SCAN[peer])
                continue
            yield _ratio(f"{case}, full scan", found, "evergreen", peer, SCAN[peer], versions)
            if peer == "great_expectations":
                of_profile = f"{case}, from a saved profile"
                yield _ratio(of_profile, found, "evergreen_profile", peer, FROM_PROFILE, versions)
    yield _memory()


def _memory() -> Line:
    peak = _worker("evergreen_one_thread", ROWS, dirty=False)()["peak MB"]
    return compare(
        "validation", "74 checks, 1,000,000 x 25, full scan", "peak MB, one thread", peak, better="lower", n=1,
        target=MEMORY, versions=installed("pyarrow", "numpy"),
    )  # fmt: skip


def _beside(names: list[str], *, dirty: bool) -> dict[str, list[Figures]]:
    """Ours and others in turn, each in a process of its own."""
    for name in names:
        _python(name)
    return in_turn({name: _worker(name, ROWS, dirty=dirty) for name in names}, ROUNDS)


def _ratio(
    case: str, found: dict[str, list[Figures]], ours: str, peer: str, target: Target, versions: dict[str, str]
) -> Line:
    busy = os.getloadavg()[0] > BUSY * (os.cpu_count() or 1)
    metric = "cpu seconds" if busy else "seconds"
    mine, theirs = (median([each[metric] for each in found[name]]) for name in (ours, peer))
    name = "pyarrow read_table" if peer == "read" else peer
    return compare(
        "validation", case, metric, mine, better="lower", n=ROUNDS, peer=name, theirs=theirs, target=target,
        versions=versions,
    )  # fmt: skip


def _worker(name: str, rows: int, *, dirty: bool) -> Callable[[], Figures]:
    script = str(Path(__file__).resolve().parent / "peers" / "validation_peer.py")
    arguments = [str(table_file(rows, dirty=dirty)), str(_case()), str(CALLS.get(name, 3))]

    def measure() -> Figures:
        ours = {"PYTHONPATH": str(ROOT)} if name not in MEASURED else {}
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | ours
        done = subprocess.run(
            [str(_python(name)), script, name, *arguments],
            capture_output=True, text=True, timeout=MINUTES * 60, check=False, env=environment,
        )  # fmt: skip
        if done.returncode:
            raise PeerMissing(f"{name} failed: {done.stderr.strip()[-300:]}")
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        return figures

    return measure


def _case() -> Path:
    path = BUILD / "data" / "validation-case.json"
    columns = ["id", *FRACTIONS, *INTEGERS, *LEVELS, "ts"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(
            {
                "columns": columns,
                "fractions": FRACTIONS,
                "integers": INTEGERS,
                "ranges": RANGES,
                "sets": SETS,
                "project": project_document(),
            }
        )
    )
    return path


def _python(name: str) -> Path:
    """Peers have environments of their own; the floor runs in ours."""
    return python_of(name) if name in MEASURED else Path(sys.executable)
