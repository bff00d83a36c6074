"""Data versions in a directory beside DVC 3, both as libraries (imports excluded), on the same disk.

DVC adds, commits to git and pushes to a directory; we commit to a directory, without profiles, which DVC has not.

The best of the rounds counts, of everyone: a virtual machine gives free memory back to its host, and to write a GiB
into memory that has to be fetched again takes 2 s more than the work.

Sizes: VERSIONS_MB (1024), VERSIONS_FILES (10000), VERSIONS_ROUNDS (3).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks import version_data
from benchmarks.environments import LOCKS, ROOT, PeerMissing, locked, python_of
from benchmarks.line import Line, Target, compare, installed, missing
from benchmarks.rounds import in_turn, with_peers
from evergreen.data.commits import CommitResult, Incoming
from evergreen.data.directory import Directory
from evergreen.data.manifest import NewFiles
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted

NAME = "versions"
PEER = "dvc"
FLOOR = "sha256 and copy"
CASES: dict[str, Target | None] = {
    "first version": Target("ratio", ">=", 1 / 1.3),
    "unchanged": Target("ratio", ">=", 30),
    "append 1 %": Target("ratio", ">=", 30),
    "edit 1 % in one place": Target("ratio", ">=", 1 / 1.3),
    "opaque file": Target("ratio", ">=", 3),
    "many small tables": Target("ratio", ">=", 3),
}
OPAQUE_OVER_FLOOR = Target("ratio", ">=", 1 / 1.3)
NEW_BYTES = {"append": 0.02, "replace": 0.05, "insert": 0.05, "delete": 0.05, "scattered": None}
AS_OF = "2013-01-01T00:00:00Z"
_GIT = {f"GIT_{who}_{what}": "bench@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


Times = dict[str, tuple[float, float]]  # seconds and CPU seconds of each case


@dataclass(frozen=True)
class Inputs:
    """The files that are versioned."""

    home: Path
    rows: int
    rounds: int
    files: int

    def path(self, name: str) -> Path:
        """One of them."""
        return self.home / name


def run() -> Iterator[Line]:
    """A line for each case beside DVC, the opaque file beside its floor, and the new bytes of each edit."""
    inputs = _inputs()
    yield from _speeds(inputs)
    yield from _new_bytes(inputs)


def _speeds(inputs: Inputs) -> Iterator[Line]:
    versions = installed("pyarrow")
    contestants: dict[str, Callable[[], Times]] = {"ours": lambda: _ours(inputs)}
    problem = "PEERS=no"
    if with_peers():
        try:
            python_of(PEER)
            contestants[PEER] = lambda: _dvc(inputs)
            versions |= locked(PEER, PEER)
        except PeerMissing as error:
            problem = str(error)
    contestants["floor"] = lambda: {"opaque file": _floor(inputs.path("opaque.bin"))}
    found = in_turn(contestants, inputs.rounds)
    for case, target in CASES.items():
        n = inputs.files if case == "many small tables" else inputs.rows
        for number, metric in enumerate(("seconds", "CPU seconds")):
            bound = target if number == 0 else None
            ours = min(figures[case][number] for figures in found["ours"])
            if PEER not in found:
                yield missing(NAME, case, metric, problem, peer=PEER, target=bound)
                continue
            theirs = min(figures[case][number] for figures in found[PEER])
            yield compare(
                NAME, case, metric, ours, better="lower", n=n, peer=PEER, theirs=theirs, target=bound, versions=versions
            )
    ours, floor = (min(figures["opaque file"][0] for figures in found[name]) for name in ("ours", "floor"))
    yield compare(
        NAME, "opaque file", "seconds", ours, better="lower", n=inputs.rows, peer=FLOOR, theirs=floor,
        target=OPAQUE_OVER_FLOOR, versions=versions,
    )  # fmt: skip


def _new_bytes(inputs: Inputs) -> Iterator[Line]:
    """What each edit of 1 % of the rows adds to a store that holds the first version."""
    for kind, bound in NEW_BYTES.items():
        path = inputs.path(f"{kind}.parquet")
        if not path.exists():
            version_data.write_edit(inputs.path("first.parquet"), path, kind, inputs.rows)
        with tempfile.TemporaryDirectory(dir=inputs.home) as folder:
            ours = _Ours(Path(folder))
            ours.commit(inputs.path("first.parquet"), "table")
            appended = kind == "append"
            result = ours.commit(
                inputs.path("new.parquet") if appended else path, "table", "append" if appended else "replace"
            )
            new, before = result.new_bytes, path.stat().st_size
        target = None if bound is None else Target("ours", "<=", bound)
        case = f"{kind} 1 %" if kind != "scattered" else "one column of 1 % of the rows, scattered"
        yield compare(NAME, case, "share of new bytes", new / before, better="lower", n=inputs.rows, target=target)


@dataclass(frozen=True)
class _Ours:
    """A directory store, as a library; each commit reads its hash cache anew, as a command does."""

    home: Path

    def commit(self, source: Path, dataset: str, mode: NewFiles = "replace") -> CommitResult:
        """One version."""
        versions = Versions(Directory(self.home / "store"), profiles=False)
        cache = StatCache(self.home / "hashes.json")
        content = versions.prepare(dataset, source, Wanted(), mode=mode, cache=cache)
        cache.save()
        return versions.publish(dataset, Incoming(content, mode, "version", AS_OF))


def _ours(inputs: Inputs) -> Times:
    with tempfile.TemporaryDirectory(dir=inputs.home) as folder:
        ours = _Ours(Path(folder))
        first = inputs.path("first.parquet")
        return {
            "first version": _seconds(lambda: ours.commit(first, "table")),
            "unchanged": _seconds(lambda: ours.commit(first, "table")),
            "append 1 %": _seconds(lambda: ours.commit(inputs.path("new.parquet"), "table", "append")),
            "edit 1 % in one place": _seconds(lambda: ours.commit(inputs.path("replace.parquet"), "table")),
            "opaque file": _seconds(lambda: ours.commit(inputs.path("opaque.bin"), "opaque")),
            "many small tables": _seconds(lambda: ours.commit(inputs.path("many"), "many")),
        }


def _dvc(inputs: Inputs) -> Times:
    steps = [
        ("first version", inputs.path("first.parquet"), "table.parquet"),
        ("unchanged", None, "table.parquet"),
        ("append 1 %", inputs.path("append.parquet"), "table.parquet"),
        ("edit 1 % in one place", inputs.path("replace.parquet"), "table.parquet"),
        ("opaque file", inputs.path("opaque.bin"), "opaque.bin"),
        ("many small tables", inputs.path("many"), "many"),
    ]
    with tempfile.TemporaryDirectory(dir=inputs.home) as folder:
        task = {"home": folder, "steps": [(case, source and str(source), name) for case, source, name in steps]}
        command = [str(python_of(PEER)), str(LOCKS / "dvc_peer.py")]
        done = subprocess.run(
            command, input=json.dumps(task), env={**os.environ, **_GIT}, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise PeerMissing(f"{PEER} failed: {done.stderr.strip()[-300:]}")
    times: Times = json.loads(done.stdout.splitlines()[-1])
    return times


def _floor(path: Path) -> tuple[float, float]:
    def hash_and_copy() -> None:
        content = sha256()
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                content.update(piece)
        shutil.copyfile(path, path.with_suffix(".copy"))

    took = _seconds(hash_and_copy)
    path.with_suffix(".copy").unlink()
    return took


def _inputs() -> Inputs:
    megabytes, files = int(os.environ.get("VERSIONS_MB", "1024")), int(os.environ.get("VERSIONS_FILES", "10000"))
    home = ROOT / "build" / "bench" / "data" / f"versions-{megabytes}-{files}"
    done = home / "rows"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        rows = version_data.write_first(home / "first.parquet", megabytes)
        version_data.write_new_rows(home / "new.parquet", rows)
        for kind in ("append", "replace"):
            version_data.write_edit(home / "first.parquet", home / f"{kind}.parquet", kind, rows)
        version_data.write_opaque(home / "opaque.bin", megabytes)
        version_data.write_many(home / "many", files)
        done.write_text(str(rows))
    return Inputs(home, int(done.read_text()), int(os.environ.get("VERSIONS_ROUNDS", "3")), files)


def _seconds(call: Callable[[], object]) -> tuple[float, float]:
    started, busy = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - started, time.process_time() - busy
