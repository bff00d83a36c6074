"""Eight processes commit to one dataset of a directory at once: no acknowledged version is lost, and what it costs.

WRITERS_ROUNDS (1000) commits a process. A commit that loses its races is told so, and counted as told.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from benchmarks.line import Line, Target, compare, installed
from evergreen.data.directory import Directory
from evergreen.data.verification import verify
from evergreen.data.versions import Versions
from evergreen.errors import CommitConflict

NAME = "writers"
WRITERS = 8
PAUSE_SECONDS = 0.002
NONE = Target("ours", "<=", 0)
AS_OF = "2013-01-01T00:00:00Z"


def run() -> Iterator[Line]:
    """Versions that were acknowledged and are not in the history, damaged objects, and commits a second."""
    rounds = int(os.environ.get("WRITERS_ROUNDS", "1000"))
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
            answers = pool.starmap(_write, [(folder, number, rounds) for number in range(WRITERS)], chunksize=1)
        seconds = time.perf_counter() - started
        versions = Versions(Directory(Path(folder)))
        history = [logged.id for logged in versions.log("table")]
        damaged = len(verify(versions.store).damages)
    acknowledged = [each for found in answers for each in found]
    lost = len(set(acknowledged) - set(history)) + len(acknowledged) - len(set(acknowledged))
    for metric, found in (("acknowledged versions lost", lost), ("damaged objects", damaged)):
        yield _line(metric, rounds, found, NONE)
    yield _line("told that they lost their races", rounds, WRITERS * rounds - len(acknowledged), None)
    yield _line("seconds a commit, all writers together", rounds, seconds / max(len(acknowledged), 1), None)


def _line(metric: str, rounds: int, ours: float, target: Target | None) -> Line:
    case = f"{WRITERS} processes, {rounds} rounds, one dataset"
    versions = installed("pyarrow")
    return compare(NAME, case, metric, ours, better="lower", n=WRITERS * rounds, target=target, versions=versions)


def _write(folder: str, number: int, rounds: int) -> list[str]:
    """The ids of the versions that this writer was told are there."""
    order, random = Random(number), np.random.default_rng(number)

    def pause(attempt: int) -> None:
        time.sleep(order.uniform(0, PAUSE_SECONDS * (attempt + 1)))

    versions = Versions(Directory(Path(folder)), profiles=False, pause=pause)
    acknowledged = []
    for turn in range(rounds):
        table = pa.table({"x": random.normal(size=5)})
        try:
            result = versions.commit("table", table, mode="replace", message=f"{number}-{turn}", as_of=AS_OF)
        except CommitConflict:
            continue
        acknowledged.append(result.manifest_id)
    return acknowledged
