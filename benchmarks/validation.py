"""Validation of 1,000,000 × 25 with 74 checks, clean and dirty: from the Parquet file on disk beside Great
Expectations, pandera on polars and the read alone; from a saved profile beside Great Expectations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.environments import BUILD, PeerMissing, contestant, locked
from benchmarks.line import Line, Target, compare, installed, missing
from benchmarks.rounds import ROUNDS, beside, in_turn, with_peers
from benchmarks.validation_data import FRACTIONS, INTEGERS, LEVELS, RANGES, SETS, project_document, table_file

Figures = dict[str, Any]
ROWS = 1_000_000
MEASURED = ("great_expectations", "pandera")
PACKAGES = {"great_expectations": "great-expectations", "pandera": "pandera"}
FLOOR = Target("ratio", ">=", round(1 / 1.2, 3))  # at most 1.2 times the read
SCAN = {"great_expectations": Target("ratio", ">=", 15), "pandera": Target("ratio", ">=", 2)}
FROM_PROFILE = Target("ratio", ">=", 50)
MEMORY = Target("ours", "<=", 250)
CALLS = {"great_expectations": 1}


def run() -> Iterator[Line]:
    """The lines."""
    for dirty in (False, True):
        case = f"74 checks, 1,000,000 x 25, {'dirty' if dirty else 'clean'}"
        found = _in_turn(["evergreen", "read"], dirty=dirty)
        yield beside("validation", f"{case}, full scan", found, "evergreen", "read", FLOOR, installed("pyarrow"))
        if not with_peers():
            continue
        for peer in MEASURED:
            versions = locked(peer, PACKAGES[peer])
            try:
                found = _in_turn(["evergreen", "evergreen_profile", peer], dirty=dirty)
            except PeerMissing as error:
                yield missing("validation", case, "seconds", str(error), peer=peer, target=SCAN[peer])
                continue
            yield beside("validation", f"{case}, full scan", found, "evergreen", peer, SCAN[peer], versions)
            if peer == "great_expectations":
                of_profile = f"{case}, from a saved profile"
                yield beside("validation", of_profile, found, "evergreen_profile", peer, FROM_PROFILE, versions)
    yield _memory()


def _memory() -> Line:
    peak = _contestant("evergreen_one_thread", dirty=False)()["peak MB"]
    return compare(
        "validation", "74 checks, 1,000,000 x 25, full scan", "peak MB, one thread", peak, better="lower", n=1,
        target=MEMORY, versions=installed("pyarrow", "numpy"),
    )  # fmt: skip


def _in_turn(names: list[str], *, dirty: bool) -> dict[str, list[Figures]]:
    """Ours and others in turn, each in a process of its own."""
    return in_turn({name: _contestant(name, dirty=dirty) for name in names}, ROUNDS)


def _contestant(name: str, *, dirty: bool) -> Callable[[], Figures]:
    return contestant("validation_peer", name, table_file(ROWS, dirty=dirty), _case(), CALLS.get(name, 3))


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
